"""Starts and looks up executions of the state machines."""

from functools import cache
from typing import TYPE_CHECKING, Literal

import boto3
from botocore.config import Config

from deskhand.settings.environment import settings
from deskhand.store.outbox import AnyMessage

if TYPE_CHECKING:
    from types_boto3_stepfunctions import SFNClient

State = Literal["RUNNING", "CLOSED", "MISSING"]
# Step Functions ends an EXPRESS execution then, whatever its definition says.
EXPRESS_SECONDS = 300.0


@cache
def step_functions(read_seconds: int = 2) -> "SFNClient":
    """The client of this execution environment; the queue and the reconciler retry, so the SDK does
    not."""
    config = Config(connect_timeout=1, read_timeout=read_seconds, retries={"total_max_attempts": 1})
    return boto3.client("stepfunctions", config=config)


def start(message: AnyMessage) -> bool:
    """Starts the attempt's execution; False when the attempt already has one.

    EXPRESS starts another one instead. It finds its attempt taken when it opens a step.
    """
    client = step_functions()
    try:
        client.start_execution(
            stateMachineArn=machine_of(message),
            name=message.execution_name,
            input=message.to_json(),
            **({"traceHeader": message.trace} if message.trace else {}),
        )
    except client.exceptions.ExecutionAlreadyExists:
        return False
    return True


def state(message: AnyMessage) -> State:
    """The state of the attempt's execution: running, ended, or unknown (never started or
    expired). Only where it `is_described`."""
    client = step_functions()
    arn = message.execution_arn(machine_of(message))
    try:
        execution = client.describe_execution(executionArn=arn)
    except client.exceptions.ExecutionDoesNotExist:
        return "MISSING"
    return "RUNNING" if execution["status"] == "RUNNING" else "CLOSED"


def is_described(message: AnyMessage) -> bool:
    """Whether Step Functions knows the executions of the message's run: not those of EXPRESS."""
    return message.ticket_id is None or settings().workflow_type == "STANDARD"


def machine_of(message: AnyMessage) -> str:
    """The ARN of the state machine that works on the message's run."""
    ticket = message.ticket_id is not None
    return settings().need("state_machine_arn" if ticket else "attribution_state_machine_arn")
