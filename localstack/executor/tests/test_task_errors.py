"""What a state machine sees of a call that Lambda refused."""

import json
from functools import partial
from typing import Any


def test_throttled_task_can_be_caught_by_its_name(emulator: Any) -> None:
    name = emulator.deploy("def handler(event, context): return 1")
    awslambda, machines = emulator.client("lambda"), emulator.client("stepfunctions")
    awslambda.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)
    states = {
        "Call": {
            "Type": "Task",
            "Resource": awslambda.get_function(FunctionName=name)["Configuration"]["FunctionArn"],
            "Catch": [{"ErrorEquals": ["Lambda.TooManyRequestsException"], "Next": "Caught"}],
            "End": True,
        },
        "Caught": {"Type": "Pass", "End": True},
    }
    machine = machines.create_state_machine(
        name=name,
        roleArn=emulator.role,
        definition=json.dumps({"StartAt": "Call", "States": states}),
    )["stateMachineArn"]
    execution = machines.start_execution(stateMachineArn=machine)["executionArn"]
    ended = emulator.wait_for(
        partial(machines.describe_execution, executionArn=execution),
        lambda found: found["status"] != "RUNNING",
    )
    assert ended["status"] == "SUCCEEDED"
    assert json.loads(ended["output"])["Error"] == "Lambda.TooManyRequestsException"
