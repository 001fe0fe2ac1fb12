"""Bulk changes beside other writers: each waits for the others, and none meets a deadlock."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier
from typing import Any
from uuid import UUID

import pytest

from deskhand.api.caller import Caller
from deskhand.store.connection import Connection, open_connection
from deskhand.store.failed_runs import Operator
from deskhand.tickets.bulk import Bulk, change_tickets
from deskhand.tickets.bulk_undo import undo
from deskhand.tickets.delete import delete_ticket
from deskhand.tickets.edit import Change, Condition, Edit, edit_ticket
from tests import arrange, journeys
from tests.patience import wait_for_lock

pytestmark = pytest.mark.usefixtures("catalog")

ADMIN = Caller("user:admin", "admin")
OPERATOR = Operator("user:admin", "req-1")


def assign(conn: Connection, ids: list[UUID], name: str) -> dict[str, int]:
    counts: dict[str, int] = change_tickets(
        conn, Bulk(ids=ids, change=Change(assignee=name)), OPERATOR
    )["counts"]
    return counts


def at_once(database: str, *actions: Callable[[Connection], Any]) -> list[Any]:
    """What each returns, all begun at the same moment on connections of their own."""
    barrier = Barrier(len(actions))

    def act(action: Callable[[Connection], Any]) -> Any:
        with open_connection(database, wait_seconds=None) as own:
            own.execute("SET lock_timeout = 0; SET statement_timeout = 0")
            barrier.wait()
            return action(own)

    with ThreadPoolExecutor(len(actions)) as pool:
        return list(pool.map(act, actions))


def test_two_in_opposite_orders_take_turns(database: str, conn: Connection) -> None:
    """F-A20 F-C7: each changes all tickets, and one comes last for all of them."""
    ids = [arrange.accepted(conn)[0] for _ in range(30)]
    for turn in range(3):
        told = at_once(
            database,
            partial(assign, ids=ids, name=f"sam {turn}"),
            partial(assign, ids=ids[::-1], name=f"kim {turn}"),
        )
        assert [counts["changed"] for counts in told] == [30, 30]
        rows = conn.execute("SELECT assignee, count(*) AS n FROM tickets GROUP BY 1").fetchall()
        assert [each["n"] for each in rows] == [30]


def test_steps_and_a_deletion_go_on_beside_it(database: str, conn: Connection) -> None:
    """F-A20 F-C7"""
    runs = [arrange.accepted(conn) for _ in range(10)]
    ids = [ticket_id for ticket_id, _ in runs]

    def finish(own: Connection) -> None:
        for _, run_id in runs[:8]:
            journeys.finish(own, run_id)

    def delete(own: Connection) -> None:
        for ticket_id in ids[8:]:
            delete_ticket(own, ticket_id, ADMIN, Condition(), "req-2")

    counts, *_ = at_once(database, lambda own: assign(own, ids, "sam"), finish, delete)
    assert counts["changed"] + counts["missing"] == 10
    rows = conn.execute("SELECT status, assignee FROM tickets").fetchall()
    assert rows == [{"status": "open", "assignee": "sam"}] * 8


def test_an_edit_that_an_undo_waits_for_stays(database: str, conn: Connection) -> None:
    """F-A20 F-C7"""
    ids = [arrange.accepted(conn)[0] for _ in range(2)]
    bulk = Bulk(ids=ids, change=Change(assignee="sam"))
    bulk_id = change_tickets(conn, bulk, OPERATOR)["bulk_id"]
    with open_connection(database) as own, ThreadPoolExecutor(1) as pool:
        with conn.transaction():
            edit_ticket(conn, ids[0], ADMIN, Edit(tags=["x"]), Condition())
            waiting = pool.submit(undo, own, bulk_id, OPERATOR)
            wait_for_lock(conn)
        found = waiting.result()
    assert [each["result"] for each in found["results"]] == ["stale", "undone"]


def test_of_two_undos_one_is_done(database: str, conn: Connection) -> None:
    """F-A20 F-C7"""
    ids = [arrange.accepted(conn)[0] for _ in range(5)]
    bulk = Bulk(ids=ids, change=Change(assignee="sam"))
    bulk_id = change_tickets(conn, bulk, OPERATOR)["bulk_id"]

    def restore(own: Connection) -> object:
        try:
            return undo(own, bulk_id, OPERATOR)["counts"]["undone"]
        except Exception as error:
            return type(error).__name__

    assert sorted(map(str, at_once(database, restore, restore))) == ["5", "Conflict"]
    rows = conn.execute("SELECT version, assignee FROM tickets").fetchall()
    assert rows == [{"version": 3, "assignee": None}] * 5
