"""GET /health names the part that is down."""

import json
from typing import Any

import boto3
import pytest

from deskhand.settings.environment import settings
from deskhand.store import connection
from functions.health.handler import handler
from tests.functions.conftest import event

pytestmark = pytest.mark.usefixtures("aws")


def health() -> tuple[int, dict[str, Any]]:
    reply = handler(event("health"), None)
    return int(reply["statusCode"]), json.loads(reply["body"])


def test_everything_is_up() -> None:
    """F-M5"""
    status, report = health()
    assert (status, report["status"]) == (200, "up")
    assert set(report["parts"]) == {"database", "queue", "workflow", "models"}
    assert report["parts"]["models"]["providers"] == ["offline"]


def test_each_part_that_is_down_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """F-M5"""
    boto3.client("sqs").delete_queue(QueueUrl=settings().queue_url)
    boto3.client("stepfunctions").delete_state_machine(stateMachineArn=settings().state_machine_arn)
    monkeypatch.setenv("DATABASE_URL", "postgresql://127.0.0.1:9/none")
    settings.cache_clear()
    connection.database_url.cache_clear()
    status, report = health()
    assert (status, report["status"]) == (503, "down")
    down = {name for name, part in report["parts"].items() if part["status"] == "down"}
    assert down == {"database", "queue", "workflow"}
