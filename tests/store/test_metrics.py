"""Totals are sums over the event log: each event once, whatever the order of commits."""

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import psycopg
import pytest

from deskhand.api.caller import Caller
from deskhand.escalation import escalate
from deskhand.escalation.notice import Notice
from deskhand.store import analytics, edits, metrics, notices, runs, steps
from deskhand.store.calls import Calls, record
from deskhand.store.connection import Connection, open_connection
from deskhand.store.metric_names import Sample
from deskhand.store.steps import Outcome
from deskhand.tickets.delete import delete_ticket
from deskhand.tickets.edit import Condition
from tests import arrange, clocks, journeys
from tests.store.model_call import CALL
from tests.store.totals import value


def test_each_event_is_folded_once(conn: Connection) -> None:
    arrange.accepted(conn)
    assert metrics.fold(conn).events == 2  # ticket.created and run.pending
    assert metrics.fold(conn) == (0, False)
    arrange.accepted(conn)
    metrics.fold(conn)
    assert value(conn, "tickets_created_total") == 2


def test_a_transaction_that_commits_late_is_not_missed(database: str, conn: Connection) -> None:
    """F-M1"""
    with open_connection(database) as slow:
        slow.execute("BEGIN")
        arrange.accepted(slow)
        arrange.accepted(conn)  # commits first, with higher event ids
        metrics.fold(conn)
        slow.execute("COMMIT")
    metrics.fold(conn)
    assert value(conn, "tickets_created_total") == 2


def test_folding_in_parallel_counts_each_event_once(database: str, conn: Connection) -> None:
    """F-M1"""

    def work(n: int) -> None:
        with open_connection(database) as own:
            for _ in range(10):
                arrange.accepted(own)
                metrics.fold(own)

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(work, range(6)))
    metrics.fold(conn)
    assert value(conn, "tickets_created_total") == 60


def test_a_backlog_is_folded_in_batches_that_stay(
    database: str, conn: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F-M1 F-L1: each in a transaction of its own, and what has no event with the last one."""
    monkeypatch.setattr(metrics, "BATCH", 3)
    for _ in range(4):
        arrange.accepted(conn)
    metrics.add(conn, {("exports_total", (("status", "done"),)): 1})
    # The third of eight events belongs to the second ticket, whose transaction is not divided.
    assert metrics.fold(conn, seconds=0) == (4, True)
    with open_connection(database) as other:
        assert value(other, "tickets_created_total") == arrange.count(other, "ticket_facts") == 2
        assert value(other, "exports_total", status="done") == 0
        assert not analytics.state(other)["counted"]
    assert metrics.fold(conn) == (4, False)
    assert value(conn, "tickets_created_total") == arrange.count(conn, "ticket_facts") == 4
    assert value(conn, "exports_total", status="done") == 1
    assert analytics.state(conn)["counted"]


def test_clocks_without_events_are_a_backlog_too(
    conn: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F-L1"""
    monkeypatch.setattr(metrics, "BATCH", 2)
    made = [arrange.accepted(conn)[0] for _ in range(3)]
    while metrics.fold(conn).more:
        pass
    for ticket_id in made:
        conn.execute(
            "INSERT INTO ticket_clocks (ticket_id, response_promised, resolution_promised)"
            " VALUES (%s, true, false)",
            [ticket_id],
        )
    promised = b"SELECT FROM ticket_facts WHERE response_promised"
    assert metrics.fold(conn, seconds=0) == (0, True)
    assert conn.execute(promised).rowcount == 2
    assert metrics.fold(conn) == (0, False)
    assert conn.execute(promised).rowcount == 3


def test_a_failed_run_is_counted_and_timed(conn: Connection) -> None:
    _, run_id = arrange.accepted(conn)
    conn.execute("UPDATE runs SET created_at = now() - interval '7 seconds'")
    runs.fail(conn, run_id, 1, "Broken", "why")
    metrics.fold(conn)
    assert value(conn, "tickets_processed_total", status="FAILED") == 1
    name = "ticket_processing_duration_seconds"
    assert value(conn, f"{name}_bucket", le="5") == 0
    assert value(conn, f"{name}_bucket", le="60") == 1
    assert value(conn, f"{name}_bucket", le="Infinity") == value(conn, f"{name}_count") == 1
    assert 7 <= value(conn, f"{name}_sum") < 8


def test_steps_are_counted_and_timed_by_outcome(conn: Connection) -> None:
    """F-M1"""
    _, run_id = arrange.accepted(conn)
    steps.open_step(conn, run_id, 1, "classify", 0)
    steps.note_failure(conn, run_id, 1, "classify", "ModelUnavailable", 3.0)
    steps.close_step(conn, run_id, 1, "classify", 0, Outcome({}, completes=True), 0.3)
    metrics.fold(conn)
    name = "workflow_step_duration_seconds"
    for outcome, seconds, below, above in (
        ("succeeded", 0.3, "0.25", "2.5"),
        ("failed", 3.0, "2.5", "Infinity"),
    ):
        labels = {"step": "classify", "outcome": outcome}
        assert value(conn, f"{name}_count", **labels) == 1
        assert value(conn, f"{name}_sum", **labels) == seconds
        assert value(conn, f"{name}_bucket", le=below, **labels) == 0
        assert value(conn, f"{name}_bucket", le=above, **labels) == 1
    assert value(conn, "tickets_processed_total", status="COMPLETED") == 1


def test_what_is_deleted_stays_counted_once(conn: Connection) -> None:
    """F-A7 F-M1: whether its events were folded before, after, or some of them."""
    lives = {name: arrange.accepted(conn) for name in ("unfolded", "half", "folded", "stays")}
    journeys.finish(conn, lives["folded"][1])
    metrics.fold(conn)
    journeys.finish(conn, lives["half"][1])
    journeys.finish(conn, lives["unfolded"][1])
    journeys.fail(conn, lives["stays"][1])
    for name in ("folded", "half", "unfolded"):
        delete_ticket(conn, lives[name][0], Caller("a", "admin"), Condition(), "r")
    assert value(conn, "tickets_created_total") == 4
    assert value(conn, "tickets_processed_total", status="COMPLETED") == 3
    assert value(conn, "tickets_processed_total", status="FAILED") == 0
    for _ in range(2):
        metrics.fold(conn)
        assert value(conn, "tickets_created_total") == 4
        assert value(conn, "tickets_processed_total", status="COMPLETED") == 3
        assert value(conn, "tickets_processed_total", status="FAILED") == 1
        assert value(conn, "ticket_processing_duration_seconds_count") == 4


def test_a_deletion_counts_what_a_fold_must_leave_for_later(
    database: str, conn: Connection
) -> None:
    """F-A7 F-M1: an older transaction that is still open holds every fold back."""
    with open_connection(database) as slow:
        slow.execute("BEGIN")
        arrange.accepted(slow)
        ticket_id, _ = arrange.accepted(conn)
        metrics.fold(conn)
        assert value(conn, "tickets_created_total") == 0
        delete_ticket(conn, ticket_id, Caller("a", "admin"), Condition(), "r")
        assert value(conn, "tickets_created_total") == 1
        slow.execute("COMMIT")
    metrics.fold(conn)
    assert value(conn, "tickets_created_total") == 2


def test_no_fold_runs_while_a_deletion_counts(database: str, conn: Connection) -> None:
    """F-M1"""
    ticket_id, _ = arrange.accepted(conn)
    with open_connection(database) as own, conn.transaction():
        metrics.fold_ticket(conn, ticket_id)
        own.execute("SET lock_timeout = '50ms'")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            own.execute("SELECT FROM metric_watermark FOR UPDATE")


def test_calls_of_models_are_counted_with_tokens_and_costs(conn: Connection) -> None:
    """F-M1 F-E8"""
    _, run_id = arrange.accepted(conn)
    calls = Calls(conn, run_id, "classify")
    for call in (
        CALL,
        CALL,
        replace(CALL, outcome="ModelUnavailable", cost_usd=None, input_tokens=0, output_tokens=0),
        replace(CALL, cached=True, requests=0, cost_usd=0, input_tokens=0, output_tokens=0),
        replace(CALL, provider="offline", model="x", cost_usd=0),
    ):
        record(calls, call, None, None)
    metrics.fold(conn)
    metrics.fold(conn)
    openai = {"provider": "openai"}
    assert value(conn, "model_calls_total", **openai, model="m", outcome="ok") == 2
    assert value(conn, "model_calls_total", **openai, model="m", outcome="ModelUnavailable") == 1
    assert value(conn, "model_calls_total", provider="offline", model="x", outcome="ok") == 1
    assert value(conn, "model_cache_hits_total", **openai) == 1
    assert value(conn, "model_cache_hits_total", provider="offline") == 0
    assert value(conn, "model_tokens_total", **openai, direction="input") == 200
    assert value(conn, "model_tokens_total", **openai, direction="output") == 20
    assert value(conn, "model_cost_usd_total", **openai) == 0.004


def test_warnings_breaches_and_notices_are_counted(conn: Connection) -> None:
    """F-I7 F-M1"""
    clocks.catalog(conn)
    ticket_id = clocks.opened(conn)
    for hours in (7, 3):
        clocks.move_back(conn, ticket_id, timedelta(hours=hours))
        escalate.advance_all(conn, time.monotonic() + 30)
    while row := notices.claim_due(conn):
        notices.mark_sent(conn, row["id"], Notice(**row).channel)
    metrics.fold(conn)
    assert value(conn, "sla_warnings_total", priority="high") == 1
    assert value(conn, "sla_breaches_total", priority="high", level="1") == 1
    assert value(conn, "sla_breaches_total", priority="critical", level="2") == 1
    assert value(conn, "notices_sent_total", channel="topic") == 3
    assert value(conn, "notices_sent_total", channel="mailto") == 1


def test_promises_of_models_are_counted(conn: Connection) -> None:
    """F-I4"""
    for ignored in (True, True, False):
        _, run_id = arrange.accepted(conn)
        steps.open_step(conn, run_id, 1, "classify", 0)
        steps.close_step(conn, run_id, 1, "classify", 0, Outcome({"sla_ignored": ignored}), 0.1)
    metrics.fold(conn)
    assert value(conn, "model_sla_ignored_total") == 2


def test_links_and_their_removal_are_counted_once(conn: Connection) -> None:
    """F-M1: a link that moves is no new one, and the workflow's own are not undone by people."""
    original, ticket_id = (arrange.accepted(conn)[0] for _ in range(2))
    older = str(original)
    for actor, old, new in (
        ("workflow", None, older),
        ("workflow", older, "another"),
        ("workflow", "another", None),
        ("workflow", None, older),
        ("user:1", older, None),
    ):
        change = {"changes": {"duplicate_of": {"old": old, "new": new}}}
        edits.add_event(conn, ticket_id, "ticket.updated", actor, change)
    edits.add_event(conn, ticket_id, "ticket.updated", "user:1", {"changes": {"tags": {"old": []}}})
    metrics.fold(conn)
    assert value(conn, "duplicates_linked_total") == 2
    assert value(conn, "duplicates_undone_total") == 1


def test_answers_of_a_fallback_and_missing_steps_are_counted(conn: Connection) -> None:
    """F-M1 F-E1"""
    _, run_id = arrange.accepted(conn)
    calls = Calls(conn, run_id, "classify")
    record(calls, replace(CALL, provider="offline", fallback=True), None, None)
    record(calls, replace(CALL, fallback=True, outcome="ModelUnavailable"), None, None)
    steps.open_step(conn, run_id, 1, "create_ticket", 0)
    missing = Outcome({"degraded": ["research", "draft_reply"]}, completes=True)
    steps.close_step(conn, run_id, 1, "create_ticket", 0, missing, 0.1)
    metrics.fold(conn)
    assert value(conn, "model_fallback_answers_total", provider="offline") == 1
    assert value(conn, "model_fallback_answers_total", provider="openai") == 0
    assert value(conn, "steps_degraded_total", step="research") == 1


def test_increments_of_a_transaction_that_is_undone_are_none(conn: Connection) -> None:
    """F-M1"""
    sample: dict[Sample, float] = {("exports_total", (("status", "done"),)): 1}
    with conn.transaction(force_rollback=True):
        metrics.add(conn, sample)
    metrics.add(conn, sample)
    for _ in range(2):
        metrics.fold(conn)
        assert value(conn, "exports_total", status="done") == 1


def test_increments_are_taken_once_by_folds_at_the_same_time(
    database: str, conn: Connection
) -> None:
    """F-M1"""

    def work(_: int) -> None:
        with open_connection(database) as own:
            for _ in range(10):
                metrics.add_soon(own, {("exports_total", (("status", "failed"),)): 1.0})
                metrics.fold(own)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    assert value(conn, "exports_total", status="failed") == 40


def test_an_increase_is_told_once(conn: Connection) -> None:
    """F-M1: CloudWatch adds them up."""
    for expected in (1.0, 1.0):
        arrange.accepted(conn)
        metrics.fold(conn)
        [told] = [r for r in metrics.take_increases(conn) if r["sample"] == "tickets_created_total"]
        assert told["value"] == expected
    assert metrics.take_increases(conn) == []


def test_the_lag_is_the_age_of_the_oldest_event_that_is_not_counted(conn: Connection) -> None:
    """F-M1"""
    assert metrics.lag(conn) == 0
    arrange.accepted(conn)
    conn.execute("UPDATE events SET at = now() - interval '10 minutes'")
    assert 600 <= metrics.lag(conn) < 660
    metrics.fold(conn)
    assert metrics.lag(conn) == 0
