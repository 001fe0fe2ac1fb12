"""A careful client: one key a ticket, the same request again until there is an answer."""

import json
import random
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import httpx

from deskhand.errors import InvalidTicket
from deskhand.validation import validate
from embedded import samples, tickets

type Outcome = Literal["acked", "unknown", "refused"]

# 404: a LocalStack that was started anew has no API yet.
_AGAIN = {404, 409, 429, 500, 502, 503, 504}
_PAUSE_SECONDS = 0.3
_TIMEOUT_SECONDS = 15


@dataclass
class Attempted:
    """What one ticket's client knows: `unknown` when it was never told, whatever happened."""

    key: str
    outcome: Outcome = "unknown"
    ticket_id: str | None = None
    answers: list[int | str] = field(default_factory=list)
    seconds: float = 0.0


class Journal:
    """Every attempted post, written down before it is sent and again with its outcome."""

    def __init__(self, path: Path | None = None) -> None:
        self._file = path.open("w") if path else None
        self._lock = threading.Lock()
        self.attempted: dict[str, Attempted] = {}

    def begin(self, key: str) -> Attempted:
        """The entry of a post that is about to be sent."""
        with self._lock:
            entry = self.attempted[key] = Attempted(key)
            self._write({"invoke": key})
        return entry

    def end(self, entry: Attempted) -> None:
        """Writes what became of it."""
        with self._lock:
            self._write({entry.outcome: entry.key, "ticket_id": entry.ticket_id})

    def keys(self, outcome: Outcome) -> set[str]:
        """The keys with this outcome."""
        with self._lock:
            return {key for key, entry in self.attempted.items() if entry.outcome == outcome}

    def _write(self, line: dict[str, Any]) -> None:
        if self._file:
            self._file.write(json.dumps(line) + "\n")
            self._file.flush()


class Client:
    """Posts tickets to the API at `base_url()`, which may move; safe for threads."""

    def __init__(self, base_url: Callable[[], str], seed: int) -> None:
        self._base_url = base_url
        self._http = httpx.Client(timeout=_TIMEOUT_SECONDS, trust_env=False)
        self._random = random.Random(seed)  # noqa: S311 - no secret
        self._texts = [
            {k: v for k, v in each.body.items() if k in ("subject", "body")}
            for each in tickets.read(samples.TICKETS)
            if each.path == "/tickets" and _triable(each.body)
        ]

    def ticket(self, key: str, scenario: str, **changes: str) -> dict[str, Any]:
        """A request; its metadata says which key and scenario a stored ticket comes from."""
        metadata = {"key": key, "scenario": scenario}
        text = self._random.choice(self._texts)
        return {"customer_id": "faults", "metadata": metadata, **text, **changes}

    def post(
        self, journal: Journal, key: str, ticket: dict[str, Any], patience: float = 60
    ) -> Attempted:
        """The journal's entry once there is an answer, or nobody waits for one any more."""
        entry, begun = journal.begin(key), time.monotonic()
        while True:
            self._try(entry, ticket)
            entry.seconds = time.monotonic() - begun
            if entry.outcome != "unknown" or entry.seconds >= patience:
                break
            time.sleep(_PAUSE_SECONDS)
        journal.end(entry)
        return entry

    def _try(self, entry: Attempted, ticket: dict[str, Any]) -> None:
        try:
            answer = self._http.post(
                f"{self._base_url()}/tickets", json=ticket, headers={"Idempotency-Key": entry.key}
            )
        except httpx.HTTPError as error:
            entry.answers.append(type(error).__name__)
            return
        status = answer.status_code
        before, entry.answers = entry.answers, [*entry.answers, status]
        if status == httpx.codes.ACCEPTED:
            entry.outcome, entry.ticket_id = "acked", answer.json()["ticket_id"]
        elif status not in _AGAIN and not before:
            entry.outcome = "refused"


def _triable(body: Mapping[str, Any]) -> bool:
    try:
        validate(str(body["subject"]), str(body["body"]))
    except InvalidTicket:
        return False
    return True
