"""A message is owed until it is marked sent; relays share the work."""

from concurrent.futures import ThreadPoolExecutor

from deskhand.store import outbox
from deskhand.store.connection import Connection, open_connection
from deskhand.store.outbox import Message
from tests import arrange


def test_a_fresh_message_is_left_to_ingest(conn: Connection) -> None:
    arrange.accepted(conn)
    assert outbox.claim_due(conn, 10) == []
    conn.execute("UPDATE outbox SET next_try_at = now() - interval '1 second'")
    assert len(outbox.claim_due(conn, 10)) == 1


def test_a_claimed_message_comes_back_later_until_it_is_sent(conn: Connection) -> None:
    """F-C2"""
    arrange.accepted(conn)
    outbox.make_due(conn)
    [message] = outbox.claim_due(conn, 10)
    assert outbox.claim_due(conn, 10) == []
    outbox.make_due(conn)
    assert outbox.claim_due(conn, 10) == [message]
    outbox.mark_sent(conn, [message])
    outbox.make_due(conn)
    assert outbox.claim_due(conn, 10) == []
    assert outbox.unsent(conn) == 0


def test_the_wait_doubles_up_to_ten_minutes(conn: Connection) -> None:
    arrange.accepted(conn)
    waits = []
    for _ in range(7):
        outbox.make_due(conn)
        outbox.claim_due(conn, 1)
        row = conn.execute(
            "SELECT round(extract(epoch FROM next_try_at - now())) AS wait FROM outbox"
        ).fetchone()
        waits.append(int(row["wait"]))
    assert waits == [30, 60, 120, 240, 480, 600, 600]


def test_relays_at_once_claim_each_message_once(database: str, conn: Connection) -> None:
    for _ in range(40):
        arrange.accepted(conn)
    outbox.make_due(conn)

    def claim(_: int) -> list[Message]:
        with open_connection(database) as own:
            return outbox.claim_due(own, 10)

    with ThreadPoolExecutor(8) as pool:
        claimed = [message.run_id for batch in pool.map(claim, range(8)) for message in batch]
    assert len(claimed) == len(set(claimed))
    assert len(claimed) <= 40


def test_messages_and_names_fit_their_limits() -> None:
    from uuid import UUID

    longest = Message(UUID(int=2**128 - 1), 2**63 - 1, 2**31 - 1)
    assert len(longest.to_json().encode()) <= 200
    assert len(longest.execution_name) <= 80
