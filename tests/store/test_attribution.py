"""Runs of attribution in the database: one open run, its rows in the report's order."""

from typing import Any

from psycopg.types.json import Jsonb

from deskhand.store import attribution, failed_runs, outbox, runs
from deskhand.store.connection import Connection
from deskhand.store.failed_runs import Operator
from deskhand.store.invariants.check import INVARIANTS, offenders
from deskhand.store.outbox import Message
from tests import arrange


def started(conn: Connection) -> int:
    """The id of a new run."""
    message = attribution.start(conn, "anonymous", "req-1")
    assert message is not None
    return message.run_id


def store(conn: Connection, run_id: int, *rows: dict[str, Any]) -> None:
    """Stores requests as a run has fetched them."""
    for position, row in enumerate(rows):
        columns = {"outcome": "complete", **row, "run_id": run_id, "position": position}
        conn.execute(
            "INSERT INTO attribution_requests SELECT * FROM jsonb_populate_record("
            "NULL::attribution_requests, %s)",
            [Jsonb({"evidence": [], **columns})],
        )


def test_one_run_is_open_at_a_time(conn: Connection) -> None:
    run_id = started(conn)
    assert attribution.start(conn, "anonymous", "req-2") is None
    assert attribution.open_run(conn) == run_id
    assert runs.fail(conn, run_id, 1, "StepFailed", "on purpose", "fetch_requests")
    assert attribution.open_run(conn) is None
    assert started(conn) > run_id


def test_its_message_is_owed_like_any_other(conn: Connection) -> None:
    run_id = started(conn)
    outbox.make_due(conn)
    assert outbox.claim_due(conn, 10) == [Message(None, run_id, 1)]


def test_it_takes_no_place_of_triage(conn: Connection) -> None:
    run_id = started(conn)
    ticket, of_ticket = arrange.accepted(conn)
    assert runs.take_place(conn, Message(None, run_id, 1), 1) == "taken"
    assert runs.take_place(conn, Message(ticket, of_ticket, 1), 1) == "taken"


def test_only_the_latest_failed_run_comes_back(conn: Connection) -> None:
    first = started(conn)
    runs.fail(conn, first, 1, "StepFailed", "on purpose", "fetch_requests")
    operator = Operator("admin", "req-9")
    assert failed_runs.run_states(conn, [first])[first].latest
    second = started(conn)
    assert failed_runs.start_next_attempts(conn, [first], operator) == []
    assert not failed_runs.run_states(conn, [first])[first].latest
    runs.fail(conn, second, 1, "StepFailed", "on purpose", "fetch_requests")
    assert failed_runs.start_next_attempts(conn, [second], operator) == [Message(None, second, 2)]


def test_rows_come_in_the_order_of_the_report(conn: Connection) -> None:
    run_id = started(conn)
    named = {"category": "b", "request_type": "t"}
    store(
        conn,
        run_id,
        {**named, "short_description": "z", "helpdesk_id": "2"},
        {**named, "short_description": "Z", "helpdesk_id": "1"},
        {"category": "A", "request_type": "t"},
        {"category": "b", "short_description": "x"},
        {"short_description": "no category"},
        {**named, "short_description": "z", "helpdesk_id": "1"},
    )
    found = [row.position for row in attribution.requests(conn, run_id)]
    assert found == [4, 2, 3, 1, 5, 0]


def test_a_run_is_shown_with_its_counts(conn: Connection) -> None:
    run_id = started(conn)
    store(
        conn,
        run_id,
        {"outcome": "complete"},
        {"outcome": "classified", "batch": 0, "provider": "offline", "model": "m"},
        {"outcome": "rejected", "batch": 0, "reason": "unknown pair"},
    )
    found = attribution.run(conn, run_id)
    assert found is not None
    counts = found["counts"]
    assert (counts["complete"], counts["classified"], counts["rejected"]) == (1, 1, 1)
    assert (counts["batches"], counts["batches_done"], counts["sent"]) == (1, 0, None)
    assert found["providers"] == [{"model": "m", "provider": "offline"}]
    assert attribution.run(conn, run_id + 1) is None
    assert [run["id"] for run in attribution.page(conn, None, 10)] == [run_id]


def test_invariants_hold_for_a_run_without_a_ticket(conn: Connection) -> None:
    started(conn)
    broken = {each.name: offenders(conn, each).ids for each in INVARIANTS if not each.at_rest}
    assert {name: ids for name, ids in broken.items() if ids} == {}
