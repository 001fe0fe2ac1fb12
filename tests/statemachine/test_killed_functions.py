"""Functions that Lambda kills for their time, in a call that no signal ends: the run goes on."""

import multiprocessing
import signal
import threading
from importlib import import_module
from typing import Any

import pytest

from deskhand.store import tickets
from deskhand.store.connection import Connection
from deskhand.store.outbox import Message
from deskhand.store.workflow import STEPS
from deskhand.workflow import step as wrapper
from tests import arrange
from tests.functions.duplicates.alike import SAME, VPN
from tests.patience import wait_until
from tests.statemachine.conftest import Machine

# As Step Functions names a function that Lambda killed.
TIMED_OUT = type("Sandbox.Timedout", (Exception,), {})


class Killed(BaseException):
    """The end of a process, as the code that runs in it sees it: not at all."""


class Killing:
    """A function whose first tries never return from the reading of the ticket."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, name: str, times: int) -> None:
        self._handler = import_module(f"functions.{name}.handler").handler
        self._readable = wrapper._readable
        self._name, self._left, self._inside = name, times, False
        self.hurried: list[bool] = []
        monkeypatch.setattr(wrapper, "_readable", self._read)

    def _read(self, ticket: Any, work: Any) -> Any:
        if self._inside:
            self.hurried.append(work.hurried)
            if self._left > 0:
                self._left -= 1
                raise Killed
        return self._readable(ticket, work)

    def __call__(self, event: dict[str, Any], context: Any) -> Any:
        self._inside = True
        try:
            return self._handler(event, context)
        except Killed:
            raise TIMED_OUT from None
        finally:
            self._inside = False


def arranged(conn: Connection, step: str) -> Message:
    repeats = SAME if step == "link_duplicate" else {"subject": "Printer jam", "body": "Tray two."}
    ticket_id, run_id = arrange.accepted(conn, **repeats)
    return Message(ticket_id, run_id, 1)


def failures(conn: Connection, message: Message) -> list[tuple[str, str]]:
    events = tickets.events(conn, message.ticket_id)
    return [(e["step"], e["data"]["error"]) for e in events if e["kind"] == "step.failed"]


@pytest.mark.parametrize("step", [step.name for step in STEPS])
def test_a_step_that_is_killed_twice_goes_on_with_less(
    conn: Connection, catalog: None, machine: Machine, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """F-D10: whichever it is; nothing is degraded."""
    ticket_id, run_id = arrange.accepted(conn, **VPN)
    assert machine.run(Message(ticket_id, run_id, 1))["status"] == "SUCCEEDED"
    machine.calls.clear()
    machine.waits.clear()
    killing = Killing(monkeypatch, step, 2)
    machine.handlers = {step: killing}
    message = arranged(conn, step)
    assert machine.run(message)["status"] == "SUCCEEDED"
    assert machine.calls.count(step) == 3
    assert killing.hurried[:3] == [False, False, True]
    assert failures(conn, message) == [(step, "OutOfTime")]
    shown = tickets.run(conn, message.run_id)
    assert shown is not None and shown["degraded"] == []


def test_one_kill_changes_nothing(
    conn: Connection, catalog: None, machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    killing = Killing(monkeypatch, "classify", 1)
    machine.handlers = {"classify": killing}
    message = arranged(conn, "classify")
    assert machine.run(message)["status"] == "SUCCEEDED"
    assert (killing.hurried, failures(conn, message)) == ([False, False], [])


@pytest.mark.parametrize("step", [step.name for step in STEPS if step.optional])
def test_an_optional_step_that_is_always_killed_is_done_without(
    conn: Connection, catalog: None, machine: Machine, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """F-D10"""
    ticket_id, run_id = arrange.accepted(conn, **VPN)
    assert machine.run(Message(ticket_id, run_id, 1))["status"] == "SUCCEEDED"
    machine.handlers = {step: Killing(monkeypatch, step, 99)}
    message = arranged(conn, step)
    assert machine.run(message)["status"] == "SUCCEEDED"
    shown = tickets.run(conn, message.run_id)
    assert shown is not None and [each["step"] for each in shown["degraded"]] == [step]


def hang(name: str, event: dict[str, Any]) -> None:
    """The function in a process of its own, in which a native call never returns."""

    def never(*_: Any) -> Any:
        signal.pthread_sigmask(signal.SIG_BLOCK, set(signal.Signals))
        threading.Event().wait()

    wrapper._readable = never  # type: ignore[assignment] # as a native call would
    import_module(f"functions.{name}.handler").handler(event, None)


def test_a_killed_process_leaves_enough_to_go_on(
    conn: Connection, catalog: None, machine: Machine
) -> None:
    """F-D10: the same with a real process and SIGKILL."""
    message = arranged(conn, "classify")
    real = import_module("functions.classify.handler").handler
    killed: list[int | None] = []

    def tries() -> int:
        row = conn.execute("SELECT opened FROM runs WHERE id = %s", [message.run_id]).fetchone()
        return int((row or {})["opened"].get("classify/0/1", 0))

    def kill_two(event: dict[str, Any], context: Any) -> Any:
        if len(killed) == 2:
            return real(event, context)
        process = multiprocessing.get_context("spawn").Process(
            target=hang, args=("classify", event)
        )
        process.start()
        wait_until(lambda: tries() > len(killed), "the process opens the step")
        process.kill()
        process.join()
        killed.append(process.exitcode)
        raise TIMED_OUT

    machine.handlers = {"classify": kill_two}
    assert machine.run(message)["status"] == "SUCCEEDED"
    assert killed == [-signal.SIGKILL, -signal.SIGKILL]
    assert failures(conn, message) == [("classify", "OutOfTime")]
    ticket = tickets.get(conn, message.ticket_id)
    assert ticket is not None and ticket["status"] == "open"
