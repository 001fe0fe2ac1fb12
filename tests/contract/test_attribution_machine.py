"""The state machine of attribution: what the emulator would silently accept."""

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from deskhand import errors
from deskhand.attribution import helpdesk
from deskhand.attribution.ask import MAX_CALLS
from deskhand.attribution.fetch_requests import MAX_BATCHES, MAX_REQUESTS
from deskhand.escalation import notify
from deskhand.mail.smtp import LIMITS
from deskhand.models.chain import CHAIN_SECONDS
from deskhand.reports import send
from deskhand.store import report_mails
from deskhand.store.workflow import ATTRIBUTION
from deskhand.workflow import step
from tests.contract.machine import MACHINES, tasks
from tests.contract.template import RESOURCES, TEMPLATE, camel, invoked, of_type, snake

MACHINE: dict[str, Any] = MACHINES["attribution"]
STATES: dict[str, Any] = MACHINE["States"]
MAP = STATES["ClassifyBatches"]
WITHIN: dict[str, Any] = MAP["ItemProcessor"]["States"]
TASKS = tasks(MACHINE)
STEPS = {name: TASKS[name] for name in map(camel, (each.name for each in ATTRIBUTION))}
RESOURCE = RESOURCES["AttributionStateMachine"]["Properties"]
# What a state writes to the history of its execution: entered, done, and for a task three more.
EVENTS_OF_A_BATCH = 2 + 5 + 2
HISTORY = 25_000
# Bytes of a state's input or output.
STATE = 256 * 1024


def test_it_calls_the_functions_of_its_steps_and_no_other() -> None:
    """F-N3"""
    names = {"RecordFailure", *STEPS}
    assert set(RESOURCE["DefinitionSubstitutions"]) == {f"{name}FunctionArn" for name in names}
    assert sorted(invoked(RESOURCE)) == sorted(f"{name}Function" for name in names)
    for name, state in STEPS.items():
        assert state["Resource"] == f"${{{name}FunctionArn}}"
        handler = Path(f"functions/{snake(name)}/handler.py").read_text()
        assert f'@run_step("{snake(name)}")' in handler


def test_the_state_carries_ids_and_numbers_of_batches() -> None:
    ids = {"run_id.$": "$.run_id", "attempt.$": "$.attempt"}
    for name, state in STEPS.items():
        batch = {"revision.$": "$.batch"} if name == "ClassifyBatch" else {}
        wanted = {**ids, **batch, "retry_count.$": "$$.State.RetryCount"}
        assert state["Parameters"] == wanted
    kept = {name: state["ResultPath"] for name, state in STEPS.items()}
    assert kept.pop("FetchRequests") == "$.fetched"
    assert set(STATES["FetchRequests"]["ResultSelector"]) == {"batches.$", "delay_seconds.$"}
    assert {*kept.values(), MAP["ResultPath"]} == {None}


@pytest.mark.parametrize("states", [STATES, WITHIN], ids=["machine", "batch"])
def test_every_target_exists_and_every_state_is_reached(states: dict[str, Any]) -> None:
    start = MACHINE["StartAt"] if states is STATES else MAP["ItemProcessor"]["StartAt"]
    targets = {start}
    for state in states.values():
        targets |= {state["Next"]} if "Next" in state else set()
        targets |= {catch["Next"] for catch in state.get("Catch", [])}
    assert targets == set(states)


def test_errors_are_retried_by_name() -> None:
    """F-C5"""
    for name, state in STEPS.items():
        failure, outage, *helpdesk_away = state["Retry"]
        assert failure["MaxAttempts"] == step.MAX_RETRIES
        assert "DatabaseUnavailable" in outage["ErrorEquals"]
        assert bool(helpdesk_away) == (name == "FetchRequests")
        for rule in state["Retry"]:
            assert (rule["BackoffRate"], rule["JitterStrategy"]) == (2, "FULL")
            ours = [error for error in rule["ErrorEquals"] if "." not in error]
            assert all(hasattr(errors, error) for error in ours)
    [away] = STATES["FetchRequests"]["Retry"][2:]
    assert away["ErrorEquals"] == ["HelpdeskUnavailable"]
    retried = {e for rule in WITHIN["ClassifyBatch"]["Retry"] for e in rule["ErrorEquals"]}
    assert {"ModelUnavailable", "ModelRateLimited"} < retried


@pytest.mark.parametrize("machine", MACHINES.values(), ids=MACHINES)
def test_no_error_stands_in_two_rules_of_a_state(machine: dict[str, Any]) -> None:
    """F-C5: the second rule would never be followed."""
    for name, state in tasks(machine).items():
        named = Counter(error for rule in state["Retry"] for error in rule["ErrorEquals"])
        assert {error for error, times in named.items() if times > 1} == set(), name


def test_a_batch_never_ends_the_run_and_every_other_step_names_itself() -> None:
    for name, state in TASKS.items():
        if name == "RecordFailure":
            continue
        [catch] = state["Catch"]
        assert catch["ErrorEquals"] == ["States.ALL"]
        if name in WITHIN:
            assert catch["Next"] in WITHIN
        else:
            assert STATES[catch["Next"]]["Result"] == snake(name)
            assert STATES[catch["Next"]]["Next"] == "RecordFailure"


def test_time_budgets_nest() -> None:
    """F-D12"""
    default = TEMPLATE["Globals"]["Function"]["Timeout"]
    timeouts = {n: p.get("Timeout", default) for n, p in of_type("AWS::Serverless::Function")}
    for name, state in STEPS.items():
        assert timeouts[f"{name}Function"] < state["TimeoutSeconds"] < MACHINE["TimeoutSeconds"]
    assert timeouts["FetchRequestsFunction"] >= helpdesk.SECONDS + 60
    assert timeouts["ClassifyBatchFunction"] > MAX_CALLS * CHAIN_SECONDS
    assert timeouts["NotifyFunction"] > notify.RUN_SECONDS + LIMITS.mail


def test_a_lease_outlasts_its_function_and_that_outlasts_its_work() -> None:
    """F-J5: an expired lease means that nobody is sending the mail any more."""
    for name, seconds in (
        ("SendReportFunction", 2 * (send.HALF_SECONDS + send.MAIL_SECONDS)),
        ("DeliverReportsFunction", send.RUN_SECONDS + send.MAIL_SECONDS),
    ):
        assert report_mails.LEASE_SECONDS > RESOURCES[name]["Properties"]["Timeout"] > seconds


def test_the_history_has_room_for_all_batches() -> None:
    assert MAX_BATCHES * EVENTS_OF_A_BATCH < HISTORY * 3 / 4


def test_the_state_has_room_for_all_batches() -> None:
    """F-J2: what each iteration hands on is gathered before `ResultPath` drops it. Above the limit
    the run would fail by an error that no state can catch."""
    ends = [state for state in WITHIN.values() if state.get("End")]
    assert [state["OutputPath"] for state in ends] == [None]
    assert len(json.dumps([{}] * MAX_BATCHES)) < STATE
    assert len(json.dumps(list(range(MAX_BATCHES)))) < STATE


def test_as_many_requests_as_batches_of_thirty() -> None:
    assert MAX_REQUESTS == 30 * MAX_BATCHES


def test_a_parameter_says_when_it_starts_by_itself() -> None:
    """F-J6: without one the rule is switched off."""
    [tick] = RESOURCES["StartAttributionFunction"]["Properties"]["Events"].values()
    has = "HasAttributionSchedule"
    schedule, state = (tick["Properties"][name]["If"] for name in ("Schedule", "State"))
    assert schedule[:2] == [has, {"Ref": "AttributionSchedule"}]
    assert state == [has, "ENABLED", "DISABLED"]
    parameter = TEMPLATE["Parameters"]["AttributionSchedule"]
    assert parameter["Default"] == ""
    allowed = re.compile(parameter["AllowedPattern"])
    assert all(map(allowed.match, ("", "cron(0 6 * * ? *)", "rate(1 day)")))
    assert not any(map(allowed.match, ("daily", "0 6 * * *", "cron(0 6 * * ? *) x")))
