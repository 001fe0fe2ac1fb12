"""Is each part there? Asked one by one, so that the answer names the one that is not."""

from collections.abc import Callable
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from deskhand.errors import DatabaseUnavailable
from deskhand.intake import queue
from deskhand.settings.environment import SettingInvalid, settings
from deskhand.store.connection import connection
from deskhand.workflow import executions

type Part = dict[str, Any]

_AWAY = (BotoCoreError, ClientError, DatabaseUnavailable, SettingInvalid)


def report() -> dict[str, Part]:
    """`status` up or down for each part, with a figure where there is one, or the error's name."""
    return {name: _ask(look) for name, look in _PARTS.items()}


def _ask(look: Callable[[], Part]) -> Part:
    try:
        return {"status": "up", **look()}
    except _AWAY as error:
        return {"status": "down", "error": type(error).__name__}


def _database() -> Part:
    with connection() as conn:
        conn.execute("SELECT")
    return {}


def _queue() -> Part:
    reply = queue.sqs().get_queue_attributes(
        QueueUrl=settings().need("queue_url"), AttributeNames=["ApproximateNumberOfMessages"]
    )
    return {"waiting": int(reply["Attributes"]["ApproximateNumberOfMessages"])}


def _workflow() -> Part:
    machine = executions.step_functions().describe_state_machine(
        stateMachineArn=settings().need("state_machine_arn")
    )
    return {"state_machine": machine["name"]}


def _models() -> Part:
    """What is configured; a provider that is away is the workflow's to survive, not a downtime."""
    return {"providers": settings().llm_providers.split(",")}


_PARTS: dict[str, Callable[[], Part]] = {
    "database": _database,
    "queue": _queue,
    "workflow": _workflow,
    "models": _models,
}
