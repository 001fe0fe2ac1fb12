"""GET /health names the part that is down; slow is not down."""

import json
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.exceptions import ReadTimeoutError

from deskhand.operations import health
from deskhand.settings.environment import settings
from deskhand.settings.version import VERSION
from functions.health import handler as handlers
from tests.environment import new_environment
from tests.functions.conftest import event

pytestmark = pytest.mark.usefixtures("aws")

NAMES = {"database", "queue", "workflow", "models"}


@pytest.fixture(autouse=True)
def _no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "PAUSE_SECONDS", 0)


@pytest.fixture(autouse=True)
def _new_reports(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handlers, "reports", health.Reports())


def ask() -> tuple[int, dict[str, Any]]:
    reply = handlers.handler(event("health"), None)
    return int(reply["statusCode"]), json.loads(reply["body"])


class Part:
    """A part of which each question takes some seconds of a clock that only this moves."""

    def __init__(self, *answers: tuple[float, str | None]) -> None:
        self.answers = list(answers)
        self.time = 0.0
        self.events: list[str] = []

    def look(self) -> dict[str, Any]:
        seconds, error = self.answers.pop(0)
        self.time += seconds
        self.events.append("asked")
        if error:
            raise ReadTimeoutError(endpoint_url=error)
        return {"waiting": 3}

    def pause(self, seconds: float) -> None:
        self.time += seconds
        self.events.append("paused")

    @property
    def clock(self) -> health.Timer:
        return health.Timer(now=lambda: self.time, sleep=self.pause)


type Report = Callable[[Part], dict[str, Any]]


@pytest.fixture
def report(monkeypatch: pytest.MonkeyPatch) -> Report:
    """What the report says of this part; it is the only one."""

    def reported(part: Part) -> dict[str, Any]:
        monkeypatch.setattr(health, "PAUSE_SECONDS", 0.5)
        monkeypatch.setattr(health, "_PARTS", {"queue": part.look})
        return health.report(part.clock)["queue"]

    return reported


def test_everything_answers() -> None:
    """F-M5"""
    code, report = ask()
    assert (code, report["status"] in ("up", "degraded")) == (200, True)
    assert report["version"] == VERSION
    assert set(report["parts"]) == NAMES
    assert report["parts"]["queue"]["waiting"] == 0
    assert report["parts"]["workflow"]["state_machine"] == "triage"
    assert report["parts"]["models"]["providers"] == ["offline"]
    assert all(part["seconds"] >= 0 for part in report["parts"].values())


def test_each_part_that_is_down_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """F-M5"""
    boto3.client("sqs").delete_queue(QueueUrl=settings().queue_url)
    boto3.client("stepfunctions").delete_state_machine(stateMachineArn=settings().state_machine_arn)
    monkeypatch.setenv("DATABASE_URL", "postgresql://127.0.0.1:9/none")
    new_environment()
    code, report = ask()
    assert (code, report["status"]) == (503, "down")
    down = {name: part for name, part in report["parts"].items() if part["status"] == "down"}
    assert down.keys() == NAMES - {"models"}
    assert down["database"]["error"] == "DatabaseUnavailable"


def test_a_quick_answer_is_up(report: Report) -> None:
    part = Part((health.SLOW_SECONDS, None))
    assert report(part) == {"status": "up", "seconds": 2, "waiting": 3}
    assert part.events == ["asked"]


@pytest.mark.parametrize("seconds", [2.1, 7.9, 9.5])
def test_a_slow_answer_is_degraded_and_says_how_slow(report: Report, seconds: float) -> None:
    part = Part((seconds, None))
    assert report(part) == {"status": "degraded", "seconds": seconds, "waiting": 3}
    assert part.events == ["asked"]


def test_one_failure_is_degraded_and_named(report: Report) -> None:
    part = Part((0.1, "x"), (0.2, None))
    assert report(part) == {
        "status": "degraded", "seconds": 0.8, "error": "ReadTimeoutError", "waiting": 3,
    }  # fmt: skip
    assert part.events == ["asked", "paused", "asked"]


@pytest.mark.parametrize("first", [0.0, 3.0, 7.9])
def test_two_failures_in_a_row_are_down(report: Report, first: float) -> None:
    part = Part((first, "x"), (0.5, "x"))
    assert report(part) == {"status": "down", "seconds": first + 1, "error": "ReadTimeoutError"}
    assert part.events == ["asked", "paused", "asked"]


def test_a_failure_after_the_limit_is_down_at_once(report: Report) -> None:
    part = Part((health.LIMIT_SECONDS, "x"))
    assert report(part) == {"status": "down", "seconds": 8, "error": "ReadTimeoutError"}
    assert part.events == ["asked"]


@pytest.mark.parametrize(
    ("answers", "code", "status"),
    [([(3, None)], 200, "degraded"), ([(0, "x"), (0, None)], 200, "degraded"),
     ([(0, "x"), (0, "x")], 503, "down")],
)  # fmt: skip
def test_the_worst_part_decides_the_answer(
    monkeypatch: pytest.MonkeyPatch, answers: list[Any], code: int, status: str
) -> None:
    part = Part(*answers)
    monkeypatch.setitem(health._PARTS, "queue", part.look)
    handlers.reports.clock = part.clock
    replied, report = ask()
    assert (replied, report["status"], report["parts"]["queue"]["status"]) == (code, status, status)
    assert report["parts"].keys() == NAMES


def test_a_report_serves_all_who_ask_in_the_next_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    """F-M5: a flood of probes costs no more calls than one; afterwards the parts are asked anew."""
    part = Part((0, "x"), (0, "x"), (0, None))
    monkeypatch.setattr(health, "_PARTS", {"queue": part.look})
    reports = health.Reports(part.clock)
    first = reports.current()
    made = part.time
    for age in (0, 2, health.KEPT_SECONDS - 0.1):
        part.time = made + age
        assert reports.current() is first
    part.time = made + health.KEPT_SECONDS
    assert reports.current() == {"queue": {"status": "up", "seconds": 0, "waiting": 3}}
    assert part.events == ["asked", "paused", "asked", "asked"]
