"""A step that takes longer than its state allows: after two tries it asks no model."""

import json
from collections.abc import Iterator

import pytest

from tests.e2e.conftest import OFTEN, Stack
from tests.wire.models.faults import hangs
from tests.wire.models.model_server import ModelServer

SECONDS = 8  # instead of 65, and enough for a function that starts on a busy machine


@pytest.fixture
def impatient(stack: Stack) -> Iterator[Stack]:
    """The workflow with little time for ExtractEntities, whose model says nothing."""
    states, functions = stack.aws("stepfunctions"), stack.aws("lambda")
    machine = stack.target["state_machines"]["TriageStateMachine"]
    usual = states.describe_state_machine(stateMachineArn=machine)["definition"]
    hurried = json.loads(usual)
    for branch in hurried["States"]["Understand"]["Branches"]:
        if step := branch["States"].get("ExtractEntities"):
            step["TimeoutSeconds"] = SECONDS
    name = stack.target["functions"]["ExtractEntitiesFunction"]
    was = functions.get_function_configuration(FunctionName=name)["Environment"]["Variables"]

    def configure(definition: str, variables: dict[str, str]) -> None:
        states.update_state_machine(stateMachineArn=machine, definition=definition)
        functions.update_function_configuration(
            FunctionName=name, Environment={"Variables": variables}
        )
        functions.get_waiter("function_updated_v2").wait(FunctionName=name, WaiterConfig=OFTEN)

    with ModelServer(hangs()) as server:
        chain = {"LLM_PROVIDERS": "openai:m,offline", "OPENAI_BASE_URL": f"{server.url}/v1"}
        configure(json.dumps(hurried), was | chain)
        yield stack
        configure(usual, was)


def test_a_step_over_its_time_twice_is_done_without_its_model(impatient: Stack) -> None:
    """F-D10 F-D12"""
    posted = impatient.post("Projector flickers", "In room 4, since the lamp was changed.")
    ticket = impatient.ended(posted.json()["ticket_id"])
    assert (ticket["workflow_status"], ticket["status"]) == ("COMPLETED", "open")
    assert (ticket["degraded"], ticket["entities"] is None) == ([], False)
    run = impatient.api.get(f"/runs/{ticket['workflow_run_id']}").json()
    states = impatient.aws("stepfunctions")
    history = states.get_execution_history(executionArn=run["execution_arn"], maxResults=1000)
    kinds = ("lambdaFunctionTimedOutEventDetails", "taskTimedOutEventDetails")
    errors = [each[kind]["error"] for each in history["events"] for kind in kinds if kind in each]
    assert set(errors) == {"States.Timeout"} and len(errors) >= 2
