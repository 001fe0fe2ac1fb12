"""An execution of the workflow as rows: what each state did, how often, and for how long."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

type Event = Mapping[str, Any]

_SCHEDULED = ("TaskScheduled", "LambdaFunctionScheduled")
_FAILED = ("Failed", "TimedOut", "Aborted")
_CAUSE = 200


@dataclass
class Row:
    """One attempt of one state."""

    state: str
    kind: str
    began: datetime
    attempt: int = 1
    status: str = "RUNNING"
    ended: datetime | None = None
    error: str = ""

    @property
    def seconds(self) -> float | None:
        """Return its duration; None while it runs."""
        return None if self.ended is None else (self.ended - self.began).total_seconds()


def rows(events: Iterable[Event]) -> list[Row]:
    """Return a row for each attempt of each state, in the order in which they began."""
    reader = _Reader()
    for event in events:
        reader.read(event)
    return reader.rows


def rows_of_trail(trail: Iterable[Event], run_id: int) -> list[Row]:
    """Return a row for each try of each step of a run, from the ticket's trail in the database.

    The trail knows no states that only choose, and no function that ended without a word.
    """
    tries: dict[tuple[str, int], int] = {}
    found = []
    for event in trail:
        if event["run_id"] != run_id or event["kind"] not in ("step.succeeded", "step.failed"):
            continue
        data, ended = event["data"], datetime.fromisoformat(event["at"])
        key = (event["step"], data["attempt"])
        tries[key] = tries.get(key, 0) + 1
        state = "".join(part.capitalize() for part in event["step"].split("_"))
        began = ended - timedelta(seconds=data["seconds"])
        status, error = data["outcome"].upper(), data.get("error") or ""
        found.append(Row(state, "Task", began, tries[key], status, ended, error))
    return sorted(found, key=lambda row: row.began)


class _Reader:
    """Assigns each event to its state; as branches run in parallel, the order is not enough."""

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self._of: dict[int, Row] = {}

    def read(self, event: Event) -> None:
        kind, row = str(event["type"]), self._of.get(event.get("previousEventId", 0))
        if kind.startswith("Execution"):
            return self._end(event)
        if kind.endswith("StateEntered"):
            name = event["stateEnteredEventDetails"]["name"]
            row = self._add(Row(name, kind.removesuffix("StateEntered"), event["timestamp"]))
        elif kind.endswith("StateExited"):
            row = self._exited(event)
        elif row and kind in _SCHEDULED and row.status != "RUNNING":
            row = self._add(Row(row.state, row.kind, event["timestamp"], row.attempt + 1))
        elif kind == "ParallelStateFailed":
            # Its previous event belongs to the branch that failed, not to the Parallel state.
            row = next((each for each in reversed(self.rows) if each.kind == "Parallel"), None)
        if row and kind.endswith(_FAILED):
            row.status, row.ended = "FAILED", event["timestamp"]
            row.error = fault(event)
        if row:
            self._of[event["id"]] = row
        return None

    def _end(self, event: Event) -> None:
        """Close the rows that are open at the execution's end: a Fail state has no exit event."""
        for row in self.rows if event["type"] != "ExecutionStarted" else ():
            if row.status == "RUNNING":
                row.status = "FAILED" if row.kind == "Fail" else "ABORTED"
                row.ended = event["timestamp"]

    def _add(self, row: Row) -> Row:
        self.rows.append(row)
        return row

    def _exited(self, event: Event) -> Row | None:
        """Close the newest attempt of the state; an attempt that failed and was caught stays
        failed.
        """
        name = event["stateExitedEventDetails"]["name"]
        row = next((each for each in reversed(self.rows) if each.state == name), None)
        if row and row.status == "RUNNING":
            row.status, row.ended = "SUCCEEDED", event["timestamp"]
        return row


def fault(event: Event) -> str:
    """Return the error of an event with the beginning of its cause."""
    details: Mapping[str, Any] = next(
        (value for name, value in event.items() if name.endswith("EventDetails")), {}
    )
    cause = " ".join(_message(str(details.get("cause") or "")).split())
    return ": ".join(filter(None, (details.get("error"), cause[:_CAUSE])))


def _message(cause: str) -> str:
    """Return the message of the cause: a function's error is JSON with a stack trace."""
    try:
        document = json.loads(cause)
    except ValueError:
        return cause
    found = document.get("errorMessage") if isinstance(document, dict) else None
    return cause if found is None else str(found)


def outcome(events: Iterable[Event]) -> str:
    """Return how the execution ended, with the error if there is one."""
    for event in events:
        kind = str(event["type"])
        if kind.startswith("Execution") and kind != "ExecutionStarted":
            return ": ".join(filter(None, (kind.removeprefix("Execution").upper(), fault(event))))
    return "RUNNING"
