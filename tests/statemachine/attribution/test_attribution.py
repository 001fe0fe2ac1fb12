"""Attribution as a whole: the machine's real definition against a helpdesk and a model."""

import json

import pytest

from deskhand.errors import AttemptOvertaken
from deskhand.settings import environment
from deskhand.store import attribution, failed_runs, runs
from deskhand.store.connection import Connection
from deskhand.store.failed_runs import Operator
from deskhand.store.outbox import AnyMessage, Message
from functions.classify_batch.handler import handler as classify_batch
from functions.fetch_requests.handler import handler as fetch_requests
from functions.refresh_catalog.handler import handler as refresh_catalog
from tests import helpdesk
from tests.helpdesk import VPN, shown, sorts, started
from tests.mail_server import Mailbox
from tests.servers import Desk, serving
from tests.statemachine.attribution.conftest import Model, broken_invariants
from tests.statemachine.conftest import Machine
from tests.wire.models.faults import answers
from tests.wire.models.model_server import says

STEPS = ("fetch_requests", "classify_batch", "build_report", "send_report")
PATH = ["fetch_requests", *["classify_batch"] * 3, "build_report", "send_report"]


def replayed(conn: Connection, message: AnyMessage) -> AnyMessage:
    with conn.transaction():
        [again] = failed_runs.start_next_attempts(
            conn, [message.run_id], Operator("admin", "req-2")
        )
    return again


def test_65_requests_are_three_questions_and_one_mail(
    conn: Connection, machine: Machine, desk: Desk, model: Model, box: Mailbox
) -> None:
    """F-J1, F-A13"""
    server = model(sorts(lambda _: VPN))
    message = started(conn)
    assert machine.run(message)["status"] == "SUCCEEDED"
    assert machine.calls == PATH
    assert len(server.requests) == 3
    run = shown(conn, message)
    counts = run["counts"]
    assert (run["status"], counts["classified"], counts["calls"]) == ("COMPLETED", 65, 3)
    assert (counts["sent"], len(box.mails)) == (1, 1)
    assert broken_invariants(conn) == []


def test_the_state_holds_no_text(
    conn: Connection, machine: Machine, desk: Desk, model: Model
) -> None:
    """F-J1"""
    model(sorts(lambda _: VPN))
    machine.run(started(conn))
    [arn] = [
        each["executionArn"]
        for each in machine.client.list_executions(stateMachineArn=machine.arn)["executions"]
    ]
    history = str(machine.client.get_execution_history(executionArn=arn, maxResults=1000))
    assert "colleague" not in history
    assert "CANARY" not in history


def test_a_bad_batch_ends_no_run(
    conn: Connection, machine: Machine, desk: Desk, model: Model
) -> None:
    """F-J2"""
    server = model(*[says("no")] * 7, sorts(lambda _: VPN))
    message = started(conn)
    assert machine.run(message)["status"] == "SUCCEEDED"
    counts = shown(conn, message)["counts"]
    assert (counts["failed"], counts["classified"], counts["batches_failed"]) == (30, 35, 1)
    assert (len(server.requests), counts["splits"]) == (9, 6)


def test_a_lost_answer_is_asked_for_again_and_nothing_is_split(
    conn: Connection, machine: Machine, desk: Desk, model: Model
) -> None:
    """F-J2"""
    server = model(answers(500, {}), answers(429, {}), sorts(lambda _: VPN))
    message = started(conn)
    assert machine.run(message)["status"] == "SUCCEEDED"
    counts = shown(conn, message)["counts"]
    assert (counts["classified"], counts["splits"]) == (65, 0)
    assert (len(server.requests), len(machine.waits), counts["calls"]) == (5, 2, 5)


def test_a_model_that_is_away_leaves_all_rows_as_they_were(
    conn: Connection, machine: Machine, desk: Desk, model: Model, box: Mailbox
) -> None:
    """F-J2"""
    model(answers(503, {}))
    message = started(conn)
    assert machine.run(message)["status"] == "SUCCEEDED"
    counts = shown(conn, message)["counts"]
    assert (counts["failed"], counts["batches_failed"], counts["sent"]) == (65, 3, 1)
    reasons = {row.reason or "" for row in attribution.requests(conn, message.run_id)}
    assert all(reason.startswith("ModelUnavailable: ") for reason in reasons)


def test_a_function_that_cannot_start_marks_its_batch(
    conn: Connection, machine: Machine, desk: Desk, model: Model
) -> None:
    """F-J2"""
    model(sorts(lambda _: VPN))
    machine.broken["classify_batch"] = "Runtime.ImportModuleError"
    message = started(conn)
    assert machine.run(message)["status"] == "SUCCEEDED"
    counts = shown(conn, message)["counts"]
    assert (counts["failed"], counts["waiting"], counts["batches_failed"]) == (65, 0, 3)
    assert broken_invariants(conn) == []


def test_no_batch_hands_its_failure_on(
    conn: Connection, machine: Machine, desk: Desk, model: Model
) -> None:
    """F-J2: two thousand causes together would be larger than a state may be."""
    model(sorts(lambda _: VPN))
    machine.broken["classify_batch"] = "Runtime.ImportModuleError"
    arn = machine.run(started(conn))["executionArn"]
    pages = machine.client.get_paginator("get_execution_history").paginate(executionArn=arn)
    left = [
        event["stateExitedEventDetails"]
        for page in pages
        for event in page["events"]
        if "stateExitedEventDetails" in event
    ]
    paused = [json.loads(each["output"]) for each in left if each["name"] == "Pause"]
    assert paused == [{}, {}, {}]


def test_a_batch_that_cannot_be_recorded_is_settled_by_the_report(
    conn: Connection, machine: Machine, desk: Desk, model: Model, box: Mailbox
) -> None:
    """F-J2: neither its function nor the one that records failures starts."""
    server = model(sorts(lambda _: VPN))
    machine.broken["classify_batch"] = "Runtime.ImportModuleError"
    machine.broken["record_failure"] = "Runtime.ImportModuleError"
    message = started(conn)
    assert machine.run(message)["status"] == "SUCCEEDED"
    counts = shown(conn, message)["counts"]
    assert (counts["failed"], counts["waiting"], counts["batches_failed"]) == (65, 0, 3)
    assert (len(server.requests), counts["sent"]) == (0, 1)
    assert box.mails[0]["Subject"].endswith("65 need a person")
    assert broken_invariants(conn) == []


def test_a_batch_that_is_done_stays_so_when_its_function_breaks(
    conn: Connection, machine: Machine, desk: Desk, model: Model
) -> None:
    """F-J2, F-J6: a replay cannot take back what was classified."""
    server = model(sorts(lambda _: VPN))
    machine.broken["build_report"] = "Runtime.ImportModuleError"
    message = started(conn)
    assert machine.run(message)["status"] == "FAILED"
    machine.broken = {"classify_batch": "Runtime.ImportModuleError"}
    assert machine.run(replayed(conn, message))["status"] == "SUCCEEDED"
    counts = shown(conn, message)["counts"]
    assert (counts["classified"], counts["failed"], counts["batches_failed"]) == (65, 0, 0)
    assert len(server.requests) == 3
    assert broken_invariants(conn) == []


def test_a_batch_that_failed_stays_as_the_report_says(
    conn: Connection, machine: Machine, desk: Desk, model: Model
) -> None:
    """F-J2, F-J3: a replay after the report was built asks about it no more."""
    server = model(sorts(lambda _: VPN))
    machine.broken = {
        "classify_batch": "Runtime.ImportModuleError",
        "send_report": "Runtime.ImportModuleError",
    }
    message = started(conn)
    assert machine.run(message)["status"] == "FAILED"
    machine.broken.clear()
    assert machine.run(replayed(conn, message))["status"] == "SUCCEEDED"
    row = conn.execute("SELECT counts FROM reports").fetchone()
    assert row is not None
    counts = shown(conn, message)["counts"]
    assert counts["failed"] == row["counts"]["failed"] == 65
    assert server.requests == []
    assert broken_invariants(conn) == []


@pytest.mark.parametrize(("status", "waits"), [(500, 4), (429, 4), (401, 0), (403, 0)])
def test_a_helpdesk_that_refuses_is_not_asked_again(
    conn: Connection, machine: Machine, desk: Desk, status: int, waits: int
) -> None:
    """F-A13"""
    desk.status = status
    message = started(conn)
    execution = machine.run(message)
    assert execution["status"] == "FAILED"
    assert len(desk.requests) == 1 + len(machine.waits) == 1 + waits
    run = shown(conn, message)
    assert (run["status"], run["current_step"]) == ("FAILED", "fetch_requests")
    assert f"answered {status}" in run["reason"]


@pytest.mark.parametrize("step", [step for step in STEPS if step != "classify_batch"])
def test_a_run_comes_back_at_the_step_that_failed(
    conn: Connection, machine: Machine, desk: Desk, model: Model, box: Mailbox, step: str
) -> None:
    """F-J6: and no model is asked a second time."""
    server = model(sorts(lambda _: VPN))
    machine.broken[step] = "Runtime.ImportModuleError"
    message = started(conn)
    assert machine.run(message)["status"] == "FAILED"
    run = shown(conn, message)
    assert (run["current_step"], run["error"]) == (step, "Runtime.ImportModuleError")
    machine.broken.clear()
    assert machine.run(replayed(conn, message))["status"] == "SUCCEEDED"
    assert len(server.requests) == 3
    assert len(desk.requests) == 1
    assert len(box.mails) == 1
    assert shown(conn, message)["status"] == "COMPLETED"
    assert broken_invariants(conn) == []


def test_a_run_that_was_killed_between_batches_goes_on_with_the_next(
    conn: Connection, machine: Machine, desk: Desk, model: Model
) -> None:
    """F-J6"""
    server = model(sorts(lambda _: VPN))
    message = started(conn)
    event = {"run_id": message.run_id, "attempt": 1}
    fetch_requests(event, None)
    classify_batch({**event, "revision": 0}, None)
    [stalled] = runs.stalled_runs(conn, 0, 10)
    assert runs.next_attempt(conn, stalled)
    with pytest.raises(AttemptOvertaken):
        classify_batch({**event, "revision": 1}, None)
    assert machine.run(Message(None, message.run_id, 2))["status"] == "SUCCEEDED"
    assert len(server.requests) == 3
    assert shown(conn, message)["counts"]["classified"] == 65


def with_sla(hours: str) -> bytes:
    """The helpdesk's catalog as a document, in which a VPN issue has an SLA."""
    document = json.loads(json.dumps(helpdesk.CATALOG))
    [network] = [
        each
        for each in document["service_catalog"]["catalog"]["categories"]
        if each["name"] == "Network"
    ]
    network["requests"][0]["sla"] = {"unit": "hours", "value": hours}
    return json.dumps(document).encode()


def test_runs_follow_a_catalog_by_url_and_keep_its_last_good_copy(
    conn: Connection, machine: Machine, desk: Desk, model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F-I1, F-I2, F-J1: in a helpdesk's plain shape, with numbers as texts, by its ETag."""
    model(sorts(lambda _: VPN))
    seen: list[float | None] = []
    with serving() as shelf:
        monkeypatch.setenv("CATALOG_SOURCE", f"{shelf.url}/catalog.json")
        environment.settings.cache_clear()
        for status, tag, body, outcome in (
            (200, '"1"', with_sla("2"), "refreshed"),
            (304, '"1"', b"", "unchanged"),
            (200, '"2"', b"<html>Sign in</html>", "kept"),
            (200, '"3"', with_sla("3"), "refreshed"),
        ):
            shelf.status, shelf.headers, shelf.body = status, {"ETag": tag}, body
            assert refresh_catalog({}, None)["outcome"] == outcome
            message = started(conn)
            assert machine.run(message)["status"] == "SUCCEEDED"
            seen += {row.sla_value for row in attribution.requests(conn, message.run_id)}
        asked = [headers.get("if-none-match") for _, _, headers, _ in shelf.requests]
    assert seen == [2, 2, 2, 3]
    assert asked == [None, '"1"', '"1"', '"1"']


def test_a_batch_writes_nine_events_into_the_history(
    conn: Connection, machine: Machine, desk: Desk, model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The bound on batches is made of this number."""
    lengths: dict[int, int] = {}
    for size in (65, 13):
        model(sorts(lambda _: VPN))
        monkeypatch.setenv("ATTRIBUTION_BATCH_SIZE", str(size))
        environment.settings.cache_clear()
        arn = machine.run(started(conn))["executionArn"]
        pages = machine.client.get_paginator("get_execution_history").paginate(executionArn=arn)
        lengths[size] = sum(len(page["events"]) for page in pages)
    assert lengths[13] - lengths[65] <= 4 * 9
