"""Many messages, many executions, many first calls at once."""

import json
import time
from pathlib import Path
from typing import Any

import pytest

HOLDING = """
import os, time
def handler(event, context):
    place = event["Records"][0]["body"]
    mine = f"{place}/{os.getpid()}"
    open(mine, "w").close()
    time.sleep(0.4)
    with open(f"{place}/seen", "a") as seen:
        seen.write(f"{len([n for n in os.listdir(place) if n != 'seen'])}\\n")
    os.unlink(mine)
"""


@pytest.mark.parametrize("allowed", [2, 4])
def test_queue_is_read_by_as_many_as_allowed(emulator: Any, tmp_path: Path, allowed: int) -> None:
    sqs, awslambda = emulator.client("sqs"), emulator.client("lambda")
    name = emulator.deploy(HOLDING)
    queue = sqs.create_queue(QueueName=f"{name}-queue")["QueueUrl"]
    for _ in range(12):
        sqs.send_message(QueueUrl=queue, MessageBody=str(tmp_path))
    mapping = awslambda.create_event_source_mapping(
        FunctionName=name,
        EventSourceArn=f"arn:aws:sqs:us-east-1:000000000000:{name}-queue",
        BatchSize=1,
        ScalingConfig={"MaximumConcurrency": allowed},
    )
    seen = tmp_path / "seen"
    emulator.wait_for(lambda: seen.exists() and len(seen.read_text().split()) == 12)
    assert max(int(number) for number in seen.read_text().split()) == allowed
    awslambda.delete_event_source_mapping(UUID=mapping["UUID"])


def test_state_machine_runs_and_its_paths_are_parsed_once(emulator: Any) -> None:
    name = emulator.deploy("def handler(event, context): return event['a'] + 1")
    states: dict[str, Any] = {}
    for number in range(8):
        states[f"Add{number}"] = {
            "Type": "Task",
            "Resource": "arn:aws:states:::lambda:invoke",
            "Parameters": {"FunctionName": name, "Payload": {"a.$": "$.a"}},
            "ResultSelector": {"a.$": "$.Payload"},
            "Next": f"Add{number + 1}",
        }
    states["Add8"] = {"Type": "Succeed"}
    machines = emulator.client("stepfunctions")
    machine = machines.create_state_machine(
        name=name,
        roleArn=emulator.role,
        definition=json.dumps({"StartAt": "Add0", "States": states}),
    )["stateMachineArn"]

    def execute(start: int) -> tuple[Any, float]:
        arn = machines.start_execution(
            stateMachineArn=machine, input=json.dumps({"a": start})
        )["executionArn"]
        done = emulator.wait_for(
            lambda: machines.describe_execution(executionArn=arn),
            lambda found: found["status"] != "RUNNING",
        )
        seconds = (done["stopDate"] - done["startDate"]).total_seconds()
        return json.loads(done["output"]), seconds

    assert execute(0)[0] == {"a": 8}
    results = [execute(number) for number in range(5)]
    assert [output["a"] for output, _ in results] == [8, 9, 10, 11, 12]
    print("seconds", min(seconds for _, seconds in results), time.time())
