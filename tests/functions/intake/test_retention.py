"""Old tickets are deleted in small batches, and every invariant holds meanwhile."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from deskhand.store import intake
from deskhand.store.connection import Connection
from deskhand.uuid7 import uuid7_at
from functions.relay.handler import handler as relay
from tests import arrange, journeys
from tests.arrange import count
from tests.functions.operations.invariants import broken
from tests.functions.tickets.requests import patch

pytestmark = pytest.mark.usefixtures("aws", "catalog")


def finished(conn: Connection, days: int, status: str = "closed", key: str | None = None) -> UUID:
    """A ticket that came in so many days ago, and was finished on the same day."""
    then = datetime.now(UTC) - timedelta(days=days)
    request = arrange.request(key)
    ticket_id = UUID(int=uuid7_at(then).int | request.ticket_id.int & (1 << 62) - 1)
    answer = f'{{"ticket_id":"{ticket_id}","workflow_run_id":{{run_id}}}}'
    stored = intake.accept(
        conn, type(request)(**{**vars(request), "ticket_id": ticket_id, "answer": answer})
    )
    assert stored is not None
    journeys.finish(conn, stored.run_id)
    if status != "open":
        assert (
            patch(ticket_id, {"status": status, "version": version(conn, ticket_id)}).status == 200
        )
    conn.execute(
        "UPDATE tickets SET updated_at = %(then)s WHERE id = %(id)s",
        {"then": then, "id": ticket_id},
    )
    return ticket_id


def version(conn: Connection, ticket_id: UUID) -> int:
    row = conn.execute(
        "SELECT version FROM tickets WHERE id = %(id)s", {"id": ticket_id}
    ).fetchone()
    return int(row["version"])


def left(conn: Connection) -> set[UUID]:
    return {row["id"] for row in conn.execute("SELECT id FROM tickets")}


def test_what_was_finished_long_ago_goes_and_all_else_stays(conn: Connection, told: Any) -> None:
    """F-N11"""
    told(RETENTION_DAYS=30)
    old = {finished(conn, 31), finished(conn, 400, "solved", key="a-key")}
    stays = {finished(conn, 29), finished(conn, 400, "open"), finished(conn, 400, "pending")}
    reopened = finished(conn, 60)
    conn.execute("UPDATE tickets SET updated_at = now() WHERE id = %(id)s", {"id": reopened})
    assert relay({}, None)["reaped_tickets"] == 2
    assert left(conn) == stays | {reopened}
    audited = conn.execute("SELECT ticket_id, actor FROM audit WHERE action = 'ticket.deleted'")
    assert {(row["ticket_id"], row["actor"]) for row in audited} == {(i, "retention") for i in old}
    assert broken() == {}
    assert relay({}, None)["reaped_tickets"] == 0


def test_nothing_is_old_by_default(conn: Connection) -> None:
    """F-N11"""
    finished(conn, 4000)
    assert relay({}, None)["reaped_tickets"] == 0
    assert len(left(conn)) == 1


def test_more_than_a_batch_goes_in_one_call(
    conn: Connection, told: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F-N11"""
    told(RETENTION_DAYS=1)
    monkeypatch.setattr("deskhand.store.retention._BATCH", 2)
    for days in range(5):
        finished(conn, 10 + days)
    assert relay({}, None)["reaped_tickets"] == 5
    assert [count(conn, table) for table in ("tickets", "runs", "events", "outbox")] == [0, 0, 0, 0]
    assert broken() == {}


def test_an_original_waits_for_its_duplicates(conn: Connection, told: Any) -> None:
    """F-N11: else a duplicate that is still worked on would lose its triage."""
    told(RETENTION_DAYS=30)
    original, duplicate = finished(conn, 90), finished(conn, 5)
    conn.execute(
        "UPDATE tickets SET duplicate_of = %(original)s WHERE id = %(duplicate)s",
        {"original": original, "duplicate": duplicate},
    )
    assert relay({}, None)["reaped_tickets"] == 0
    assert left(conn) == {original, duplicate}


def test_a_ticket_that_somebody_holds_is_left_for_the_next_call(
    conn: Connection, database: str, told: Any
) -> None:
    """F-N11: and the others go all the same."""
    told(RETENTION_DAYS=30)
    held, other = finished(conn, 91), finished(conn, 90)
    conn.execute("ALTER ROLE CURRENT_USER IN DATABASE test_clone SET lock_timeout = '100ms'")
    with conn.transaction(force_rollback=True):
        conn.execute("SELECT FROM tickets WHERE id = %(id)s FOR UPDATE", {"id": held})
        assert relay({}, None)["reaped_tickets"] == 1
    assert left(conn) == {held}
    assert other not in left(conn)
    assert relay({}, None)["reaped_tickets"] == 1


def test_figures_of_old_calls_go_with_their_ticket(conn: Connection, told: Any) -> None:
    """F-N11: money that was spent is in the totals."""
    told(RETENTION_DAYS=30)
    ticket_id = finished(conn, 60)
    for days in (60, 5):
        conn.execute(
            """
            INSERT INTO model_calls (run_id, step, provider, model, prompt, prompt_version,
                started_at, latency_ms, requests, input_tokens, output_tokens, outcome, cached,
                fallback)
            SELECT id, 'classify', 'openai', 'm', 'p', '1', now() - make_interval(days => %(days)s),
                1, 1, 1, 1, 'ok', false, false
            FROM runs WHERE ticket_id = %(id)s
            """,
            {"days": days, "id": ticket_id},
        )
    done = relay({}, None)
    assert (done["reaped_tickets"], done["reaped_calls"], count(conn, "model_calls")) == (1, 1, 1)
