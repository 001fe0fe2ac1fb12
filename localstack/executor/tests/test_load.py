"""Many messages, many executions, many first calls at once."""

import json
import subprocess
from functools import partial
from pathlib import Path
from typing import Any

import pytest

MEETING = """
import json, os, time
def handler(event, context):
    message = json.loads(event["Records"][0]["body"])
    mine = f"{message['place']}/{os.getpid()}"
    open(mine, "w").close()
    present, deadline, met = 0, time.monotonic() + message["patience"], f"{message['place']}.met"
    while not os.path.exists(met) and time.monotonic() < deadline:
        time.sleep(0.02)
        present = max(present, len(os.listdir(message["place"])))
        if present == message["guests"]:
            open(met, "w").close()
    os.unlink(mine)
    with open(f"{message['place']}.seen", "a") as seen:
        seen.write(f"{present}\\n")
"""


def _met(emulator: Any, place: Path, guests: int, patience: float, allowed: int) -> list[int]:
    """How many others each of six messages met, with `allowed` readers."""
    sqs, awslambda = emulator.client("sqs"), emulator.client("lambda")
    name = emulator.deploy(MEETING, Timeout=120)
    queue = sqs.create_queue(QueueName=f"{name}-queue")["QueueUrl"]
    place.mkdir()
    message = {"place": str(place), "guests": guests, "patience": patience}
    for _ in range(6):
        sqs.send_message(QueueUrl=queue, MessageBody=json.dumps(message))
    mapping = awslambda.create_event_source_mapping(
        FunctionName=name,
        EventSourceArn=f"arn:aws:sqs:us-east-1:000000000000:{name}-queue",
        BatchSize=1,
        ScalingConfig={"MaximumConcurrency": allowed},
    )
    seen = place.with_suffix(".seen")
    emulator.wait_for(lambda: seen.exists() and len(seen.read_text().split()) == 6)
    awslambda.delete_event_source_mapping(UUID=mapping["UUID"])
    return [int(number) for number in seen.read_text().split()]


def test_queue_is_read_by_several(emulator: Any, tmp_path: Path) -> None:
    assert max(_met(emulator, tmp_path / "room", guests=3, patience=100, allowed=3)) == 3


def test_queue_is_read_by_no_more_than_allowed(emulator: Any, tmp_path: Path) -> None:
    assert max(_met(emulator, tmp_path / "room", guests=3, patience=0.3, allowed=2)) <= 2


def test_state_machine_gets_every_result_right(emulator: Any) -> None:
    name = emulator.deploy("def handler(event, context): return event['a'] + 1")
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": {"FunctionName": name, "Payload": {"a.$": "$.a"}},
        "ResultSelector": {"a.$": "$.Payload"},
        "ResultPath": "$",
    }
    states = {"One": task | {"Next": "Two"}, "Two": task | {"End": True}}
    machines = emulator.client("stepfunctions")
    machine = machines.create_state_machine(
        name=name,
        roleArn=emulator.role,
        definition=json.dumps({"StartAt": "One", "States": states}),
    )["stateMachineArn"]
    for start in range(3):
        execution = machines.start_execution(
            stateMachineArn=machine, input=json.dumps({"a": start})
        )["executionArn"]
        done = emulator.wait_for(
            partial(machines.describe_execution, executionArn=execution),
            lambda found: found["status"] != "RUNNING",
        )
        assert json.loads(done["output"]) == {"a": start + 2}


CACHES = """
from localstack.services.stepfunctions.asl.utils import boto_client, json_path
built = []
boto_client.boto_client_for = lambda service, region, credentials: built.append(service) or object()
from process_lambda.repairs import step_functions_speed
step_functions_speed.apply()
for value in (1, 2):
    assert json_path.extract_json("$.a.b", {"a": {"b": value}}) == value
assert json_path.parse.cache_info().hits == 1

from localstack.services.stepfunctions.asl.parse.asl_parser import ASLParserException
from localstack.services.stepfunctions.backend import execution_worker
parse = execution_worker.AmazonStateLanguageParser.parse
wait = '{"StartAt": "A", "States": {"A": {"Type": "Wait", "Seconds": %s, "End": true}}}'
(one, tree), (other, same), (_, another) = parse(wait % 1), parse(wait % 1), parse(wait % 2)
assert tree is same is not another
assert one is not other and type(one) is type(other)
for _ in range(2):
    try:
        parse(wait % "x")
    except ASLParserException as error:
        assert error.errors
    else:
        raise AssertionError("a definition that cannot be parsed")

class Credentials:
    def __init__(self, role_arn): self.role_arn = role_arn

def get(role): return boto_client.boto_client_for("lambda", "us-east-1", Credentials(role))
assert get("a") is get("a")
assert get("a") is not get("b")
assert len(built) == 2
"""

SEARCH = """
from process_lambda.repairs import parallel_starts
parallel_starts.apply()
from localstack.services.lambda_.invocation.assignment import AssignmentService
environments = AssignmentService().environments["manager"]
environments["first"] = 1
for _ in environments.values():
    environments[len(environments)] = 2
"""


@pytest.mark.parametrize(
    "script", [CACHES, SEARCH], ids=["step_functions_speed", "parallel_starts"]
)
def test_repair_inside_localstack(localstack_python: Path, script: str) -> None:
    subprocess.run([localstack_python, "-c", script], check=True, timeout=240)
