"""Runs of attribution in the database: one open run, its rows in the report's order."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier
from typing import Any

import pytest
from psycopg.types.json import Jsonb

from deskhand.attribution.runs import RunOpen, open_run
from deskhand.errors import AttemptOvertaken
from deskhand.store import attribution, failed_runs, metrics, outbox, runs
from deskhand.store.attribution_requests import (
    Figures,
    Settled,
    fail_batch,
    of_batch,
    open_batches,
    reap,
    settle_batch,
)
from deskhand.store.connection import Connection, database_url, open_connection
from deskhand.store.failed_runs import Operator
from deskhand.store.invariants.check import INVARIANTS, offenders
from deskhand.store.outbox import AnyMessage, Message
from deskhand.store.steps import Outcome, close_step, open_step
from tests import arrange
from tests.attributed import counted


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


def in_batches(conn: Connection, *sizes: int) -> int:
    """The id of an open run, whose requests wait in batches of these sizes."""
    run_id = started(conn)
    open_step(conn, run_id, 1, "fetch_requests", 0)
    close_step(conn, run_id, 1, "fetch_requests", 0, Outcome({}), 1)
    numbers = [number for number, size in enumerate(sizes) for _ in range(size)]
    store(conn, run_id, *({"outcome": None, "batch": number} for number in numbers))
    counted(conn, run_id)
    return run_id


def settle(conn: Connection, run_id: int, number: int, *outcomes: str) -> None:
    """Settles a batch as its step does."""
    positions = [row.position for row in of_batch(conn, run_id, number)]
    settled = [
        Settled(position, None, None, None, None, outcome, "it is said", "openai", "m")
        for position, outcome in zip(positions, outcomes, strict=True)
    ]
    figures = Figures(splits=2, sla_ignored=1)
    apply = partial(settle_batch, run_id=run_id, number=number, settled=settled, figures=figures)
    outcome = Outcome({}, apply=lambda own, _: apply(own))
    close_step(conn, run_id, 1, "classify_batch", number, outcome, 1)


def broken(conn: Connection) -> dict[str, list[str]]:
    """The invariants that do not hold, with what offends them."""
    found = {each.name: offenders(conn, each).ids for each in INVARIANTS if not each.at_rest}
    return {name: ids for name, ids in found.items() if ids}


def test_one_run_is_open_at_a_time(conn: Connection) -> None:
    run_id = started(conn)
    assert attribution.start(conn, "anonymous", "req-2") is None
    assert attribution.open_run(conn) == run_id
    assert runs.fail(conn, run_id, 1, "StepFailed", "on purpose", "fetch_requests")
    assert attribution.open_run(conn) is None
    assert started(conn) > run_id


def test_of_starts_at_the_same_time_one_opens_a_run(conn: Connection) -> None:
    """F-J6: the others are told which one."""
    ready = Barrier(4)

    def go(number: int) -> AnyMessage | int:
        with open_connection(database_url()) as own:
            ready.wait()
            try:
                return open_run(own, "anonymous", f"req-{number}")
            except RunOpen as error:
                return error.run_id

    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(go, range(4)))
    [opened] = [each for each in found if isinstance(each, Message)]
    assert [each for each in found if each != opened] == [opened.run_id] * 3
    assert conn.execute("SELECT FROM attribution_runs").rowcount == 1


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
    """F-J6: those of batches as they are settled, and each provider once."""
    run_id = in_batches(conn, 2, 1, 1)
    for number, outcomes in enumerate((("classified", "missing"), ("classified",))):
        settle(conn, run_id, number, *outcomes)
    fail_batch(conn, run_id, 1, 2, "Runtime.ExitError: it is gone")
    found = attribution.run(conn, run_id)
    assert found is not None
    counts = found["counts"]
    assert (counts["fetched"], counts["classified"], counts["missing"]) == (4, 2, 1)
    assert (counts["failed"], counts["waiting"], counts["sent"]) == (1, 0, None)
    assert (counts["batches"], counts["batches_done"], counts["batches_failed"]) == (3, 3, 1)
    assert (counts["splits"], counts["sla_ignored"], counts["calls"]) == (4, 2, 0)
    assert found["providers"] == [{"model": "m", "provider": "openai"}]
    assert attribution.run(conn, run_id + 1) is None
    assert [run["id"] for run in attribution.page(conn, None, 10)] == [run_id]
    assert broken(conn) == {}


def test_calls_are_those_of_the_ledger(conn: Connection) -> None:
    """F-J6: a repaired answer is two calls, one from the cache none."""
    run_id = started(conn)
    for provider, requests in (("openai", 2), ("openai", 0), ("bedrock", 1), ("offline", 1)):
        conn.execute(
            "INSERT INTO model_calls (run_id, step, provider, model, prompt, prompt_version,"
            " started_at, latency_ms, requests, input_tokens, output_tokens, cost_usd, outcome,"
            " cached, fallback) VALUES (%s, 'classify_batch', %s, 'm', 'p', 'v', now(), 1, %s, 1,"
            " 1, 0, 'ok', %s, false)",
            [run_id, provider, requests, requests == 0],
        )
    found = attribution.run(conn, run_id)
    assert found is not None
    assert (found["counts"]["calls"], found["counts"]["cost_usd"]) == (3, 0)


def test_a_settled_batch_does_not_fail(conn: Connection) -> None:
    """F-J2: a late report of a failure changes nothing."""
    run_id = in_batches(conn, 1, 1)
    assert open_batches(conn, run_id) == [0, 1]
    settle(conn, run_id, 0, "classified")
    for number in (0, 1, 1):
        fail_batch(conn, run_id, 1, number, "Runtime.ExitError: it is gone")
    rows = {row.position: row.outcome for row in attribution.requests(conn, run_id)}
    assert rows == {0: "classified", 1: "failed"}
    assert open_batches(conn, run_id) == []
    with pytest.raises(AttemptOvertaken):
        fail_batch(conn, run_id, 2, 1, "of another attempt")
    assert broken(conn) == {}


def test_a_batch_that_failed_is_an_event_and_counted(conn: Connection) -> None:
    run_id = in_batches(conn, 2)
    fail_batch(conn, run_id, 1, 0, "Runtime.ExitError: it is gone")
    row = conn.execute(
        "SELECT data -> 'verdict' AS verdict FROM events"
        " WHERE kind = 'step.succeeded' AND step = 'classify_batch'"
    ).fetchone()
    assert row is not None
    assert row["verdict"]["outcomes"] == {"failed": 2}
    metrics.fold(conn)
    [total] = [each for each in metrics.totals(conn)
               if each["sample"] == "attribution_requests_total"]  # fmt: skip
    assert (total["labels"], total["value"]) == ({"outcome": "failed"}, 2)


def test_invariants_hold_for_a_run_without_a_ticket(conn: Connection) -> None:
    started(conn)
    assert broken(conn) == {}


def ended(conn: Connection, size: int, days: int, *, failed: bool = False) -> int:
    """The id of a run that ended so many days ago, with so many requests."""
    run_id = in_batches(conn, size)
    settle(conn, run_id, 0, *["missing"] * size)
    if failed:
        runs.fail(conn, run_id, 1, "StepFailed", "on purpose", "send_report")
    else:
        close_step(conn, run_id, 1, "send_report", 0, Outcome({}, completes=True), 1)
    conn.execute(
        "UPDATE runs SET finished_at = now() - make_interval(days => %s) WHERE id = %s",
        [days, run_id],
    )
    return run_id


def test_old_requests_are_deleted_and_stay_counted(conn: Connection) -> None:
    """F-J6: a whole run at a time; not while it is young, or may be replayed."""
    old, young = ended(conn, 2, 9), ended(conn, 1, 1)
    failed = ended(conn, 1, 9, failed=True)
    assert (reap(conn, 7), reap(conn, 7)) == (2, 0)
    rows = conn.execute("SELECT run_id FROM attribution_requests ORDER BY run_id").fetchall()
    assert [row["run_id"] for row in rows] == [young, failed]
    found = attribution.run(conn, old)
    assert found is not None
    assert found["counts"]["missing"] == 2
    assert "runs_count_their_requests" not in broken(conn)
