"""People write under the ticket's lock: one of two wins, and a deletion meets no deadlock."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

import psycopg
import pytest

from deskhand.api.caller import Caller
from deskhand.api.etag import Tags, etag
from deskhand.errors import AttemptOvertaken
from deskhand.refusals import Refusal, Stale
from deskhand.store import edits, metrics, steps
from deskhand.store.connection import Connection, open_connection
from deskhand.store.steps import Outcome
from deskhand.tickets.delete import delete_ticket
from deskhand.tickets.edit import Condition, Edit, edit_ticket
from tests import arrange, journeys
from tests.patience import wait_for_lock
from tests.store.totals import value

WRITERS = 8
ADMIN = Caller("user:admin", "admin")


def at(version: int) -> Condition:
    return Condition(Tags(frozenset({etag(version)})))


@pytest.mark.parametrize(("condition", "lost"), [(at(1), 412), (Condition(version=1), 409)])
def test_of_writers_with_one_version_one_wins(
    database: str, conn: Connection, condition: Condition, lost: int
) -> None:
    """F-C7"""
    for _ in range(5):
        ticket_id, _ = arrange.accepted(conn)
        barrier = threading.Barrier(WRITERS)

        def write(
            n: int, ticket_id: UUID = ticket_id, barrier: threading.Barrier = barrier
        ) -> int | str:
            with open_connection(database) as own:
                barrier.wait()
                try:
                    edit = Edit(assignee=f"agent {n}", tags=[f"tag {n}"])
                    return str(edit_ticket(own, ticket_id, ADMIN, edit, condition)["assignee"])
                except Refusal as refusal:
                    return 412 if isinstance(refusal, Stale) else 409

        with ThreadPoolExecutor(WRITERS) as pool:
            told = list(pool.map(write, range(WRITERS)))
        [winner] = [each for each in told if isinstance(each, str)]
        assert told.count(lost) == WRITERS - 1
        row = conn.execute("SELECT * FROM tickets WHERE id = %s", [ticket_id]).fetchone()
        number = winner.removeprefix("agent ")
        assert (row["assignee"], row["tags"], row["version"]) == (winner, [f"tag {number}"], 2)
        noted = "SELECT count(*) AS n FROM events WHERE kind = 'ticket.updated' AND ticket_id = %s"
        assert conn.execute(noted, [ticket_id]).fetchone() == {"n": 1}


def test_an_edit_is_done_whole_or_not_at_all(conn: Connection) -> None:
    """F-C7"""
    ticket_id, _ = arrange.accepted(conn)
    conn.execute("ALTER TABLE events ADD CONSTRAINT broken CHECK (kind <> 'ticket.status')")
    with pytest.raises(psycopg.errors.CheckViolation):
        edit_ticket(conn, ticket_id, ADMIN, Edit(subject="x", status="open"), at(1))
    row = conn.execute("SELECT version, status FROM tickets").fetchone()
    assert row == {"version": 1, "status": "new"}
    assert arrange.count(conn, "events") == 2


def test_a_deletion_waits_for_a_step_without_a_deadlock(database: str, conn: Connection) -> None:
    """F-A7: a step holds its run and then wants the ticket."""
    ticket_id, run_id = arrange.accepted(conn)
    for name in ("validate_ticket", "classify"):
        journeys.step(conn, run_id, 1, name)
    read = steps.open_step(conn, run_id, 1, "create_ticket", 0).ticket

    def delete() -> None:
        with open_connection(database) as own:
            delete_ticket(own, ticket_id, ADMIN, Condition(), "r")

    with ThreadPoolExecutor(1) as pool:
        outcome = journeys.outcome("create_ticket", read)
        deleted = []

        def late(own: Connection, ticket: UUID) -> None:
            deleted.append(pool.submit(delete))
            wait_for_lock(conn)
            assert outcome.apply is not None
            outcome.apply(own, ticket)

        with open_connection(database) as own:
            steps.close_step(
                own, run_id, 1, "create_ticket", 0, Outcome({}, apply=late, completes=True), 0.1
            )
        deleted[0].result()
    assert arrange.count(conn, "tickets") == arrange.count(conn, "events") == 0


def test_a_run_that_comes_meanwhile_is_not_waited_for(database: str, conn: Connection) -> None:
    """F-A7: to wait for it with the ticket in hand could be a deadlock with its first step."""
    ticket_id, run_id = arrange.accepted(conn)
    journeys.finish(conn, run_id)
    conn.execute("SET lock_timeout = '9min'; SET statement_timeout = '1min'")
    watching, operator, step = (open_connection(database) for _ in range(3))
    with watching, operator, step, ThreadPoolExecutor(1) as pool:
        operator.execute("BEGIN")
        begun = journeys.reprocess(operator, ticket_id)

        def commit() -> None:
            wait_for_lock(watching)
            operator.execute("COMMIT")

        class Interrupted:
            """The deletion's connection: once it has the earlier runs, a step has the new one."""

            def execute(self, query: Any, parameters: Any) -> Any:
                done = conn.execute(query, parameters)
                if step.info.transaction_status == psycopg.pq.TransactionStatus.IDLE:
                    step.execute("BEGIN")
                    step.execute("SELECT FROM runs WHERE id = %s FOR UPDATE", [begun])
                return done

        pool.submit(commit)
        asking: Any = Interrupted()
        with conn.transaction(), pytest.raises(psycopg.errors.LockNotAvailable):
            edits.lock_ticket_and_runs(asking, ticket_id, None)


def test_tickets_deleted_under_work_leave_nothing_and_count(
    database: str, conn: Connection
) -> None:
    """F-A7 F-M1"""
    made = [arrange.accepted(conn) for _ in range(24)]
    done: list[int] = []

    def triage(run: tuple[UUID, int]) -> None:
        with open_connection(database) as own:
            try:
                journeys.finish(own, run[1])
                done.append(run[1])
            except AttemptOvertaken:
                pass

    def delete(run: tuple[UUID, int]) -> None:
        with open_connection(database) as own:
            time.sleep(run[1] % 8 / 200)
            delete_ticket(own, run[0], ADMIN, Condition(), "r")
            metrics.fold(own)

    with ThreadPoolExecutor(8) as pool:
        work: list[tuple[Callable[[tuple[UUID, int]], None], tuple[UUID, int]]] = [
            (task, run) for run in made for task in (triage, delete)
        ]
        for each in [pool.submit(task, run) for task, run in work]:
            each.result()
    for table in ("tickets", "runs", "step_outcomes", "outbox", "events"):
        assert arrange.count(conn, table) == 0
    for _ in range(2):
        assert value(conn, "tickets_created_total") == 24
        assert value(conn, "tickets_processed_total", status="COMPLETED") == len(done)
        metrics.fold(conn)
