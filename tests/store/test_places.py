"""Places in front of the workflow: never more taken than there are, whoever asks at once."""

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from deskhand.store import runs
from deskhand.store.connection import Connection, open_connection
from deskhand.store.outbox import Message
from deskhand.store.runs import Place
from tests import arrange
from tests.patience import HUNG_SECONDS

ASKERS = 8
ROUNDS = 20


@pytest.mark.parametrize("places", [1, 3])
def test_those_who_ask_at_once_get_exactly_what_there_is(
    database: str, conn: Connection, places: int
) -> None:
    """F-C8"""
    barrier = threading.Barrier(ASKERS)
    rounds = [
        [Message(*arrange.accepted(conn), attempt=1) for _ in range(ASKERS)] for _ in range(ROUNDS)
    ]
    own = [open_connection(database) for _ in range(ASKERS)]

    def ask(number: int, message: Message) -> Place:
        barrier.wait(HUNG_SECONDS)
        return runs.take_place(own[number], message, places)

    with ThreadPoolExecutor(ASKERS) as pool:
        for messages in rounds:
            taken = Counter(pool.map(ask, range(ASKERS), messages))
            assert taken == {"taken": places, "full": ASKERS - places}
            for each in messages:
                runs.fail(conn, each.run_id, 1, "Over", "the next round begins")
    for asker in own:
        asker.close()


def test_who_has_a_place_keeps_it_and_who_ended_has_none(conn: Connection) -> None:
    first, second = (Message(*arrange.accepted(conn), attempt=1) for _ in range(2))
    assert [runs.take_place(conn, each, 1) for each in (first, second, first)] == [
        "taken", "full", "taken",
    ]  # fmt: skip
    runs.fail(conn, first.run_id, 1, "Over", "why")
    assert [runs.take_place(conn, each, 1) for each in (first, second)] == ["gone", "taken"]


def test_a_turn_that_does_not_come_is_an_error_and_nothing_is_taken(
    database: str, conn: Connection
) -> None:
    """The message then comes back as after any error of the database."""
    message = Message(*arrange.accepted(conn), attempt=1)
    with open_connection(database) as other, other.transaction():
        other.execute("SELECT pg_advisory_xact_lock(%s)", [runs._PLACES_LOCK])
        conn.execute("SET lock_timeout = '100ms'")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            runs.take_place(conn, message, 1)
    assert conn.execute("SELECT dispatched FROM runs").fetchone() == {"dispatched": 0}
    assert runs.take_place(conn, message, 1) == "taken"
