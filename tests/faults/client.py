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
from deskhand.workflow.validate_ticket import validate
from embedded import samples, tickets

type Outcome = Literal["acked", "unknown", "refused"]

# 404: a LocalStack that was started anew has no API yet.
_AGAIN = {404, 409, 429, 500, 502, 503, 504}
_PAUSE_SECONDS = 0.3
_TIMEOUT_SECONDS = 15


@dataclass
class Attempted:
    """What one ticket's client knows: `unknown` when it was never told, whatever happened.

    `bodies` are the different answers of acceptance: one, hopefully. `careful`: it would have
    waited for an answer.
    """

    key: str
    careful: bool = False
    outcome: Outcome = "unknown"
    bodies: set[bytes] = field(default_factory=set)
    answers: list[int | str] = field(default_factory=list)
    seconds: float = 0.0


class Journal:
    """Every attempted post, written down before it is sent and again with its outcome."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._lock = threading.Lock()
        self.attempted: dict[str, Attempted] = {}

    def begin(self, key: str) -> Attempted:
        """The entry of a post that is about to be sent, perhaps once more."""
        with self._lock:
            entry = self.attempted.setdefault(key, Attempted(key))
            self._write({"invoke": key})
        return entry

    def end(self, entry: Attempted) -> None:
        """Writes what became of it."""
        with self._lock:
            self._write({entry.outcome: entry.key})

    def keys(self, outcome: Outcome) -> set[str]:
        """The keys with this outcome."""
        with self._lock:
            return {key for key, entry in self.attempted.items() if entry.outcome == outcome}

    def unanswered(self) -> set[str]:
        """The keys of clients who waited and were never told."""
        unknown = self.keys("unknown")
        with self._lock:
            return {key for key in unknown if self.attempted[key].careful}

    def _write(self, line: dict[str, Any]) -> None:
        if self._path:
            with self._path.open("a") as file:
                file.write(json.dumps(line) + "\n")


class Client:
    """Posts tickets to the API at `base_url()`, which may move; safe for threads."""

    def __init__(self, base_url: Callable[[], str], seed: int) -> None:
        self._base_url = base_url
        self._http = httpx.Client(timeout=_TIMEOUT_SECONDS, trust_env=False)
        self._random = random.Random(seed)  # noqa: S311 - no secret
        self._words = sorted(
            {
                word
                for each in tickets.read(samples.TICKETS)
                if each.path == "/tickets" and _triable(each.body)
                for word in str(each.body["body"]).split()
                if word.isalpha()
            }
        )

    def ticket(self, key: str, scenario: str, **changes: str) -> dict[str, Any]:
        """A request; its metadata says which key and scenario a stored ticket comes from."""
        metadata = {"key": key, "scenario": scenario}
        # Words at random: no two tickets are so much alike that one would repeat the other.
        words = self._random.sample(self._words, 16)
        text = {"subject": " ".join(words[:4]), "body": " ".join(words[4:])}
        return {"customer_id": "faults", "metadata": metadata, **text, **changes}

    def post(
        self, journal: Journal, key: str, ticket: dict[str, Any], patience: float = 60
    ) -> Attempted:
        """The journal's entry of a ticket."""
        return self.ask(journal, "/tickets", key, ticket, patience)

    def ask(
        self, journal: Journal, path: str, key: str, document: Any, patience: float = 60
    ) -> Attempted:
        """The journal's entry once there is an answer, or nobody waits for one any more."""
        entry, begun = journal.begin(key), time.monotonic()
        entry.careful = patience > 0
        while self._try(path, entry, document) and time.monotonic() < begun + patience:
            time.sleep(_PAUSE_SECONDS)
        entry.seconds = time.monotonic() - begun
        journal.end(entry)
        return entry

    def _try(self, path: str, entry: Attempted, document: Any) -> bool:
        """Whether to try again."""
        headers = {"Idempotency-Key": entry.key}
        try:
            answer = self._http.post(self._base_url() + path, json=document, headers=headers)
        except httpx.HTTPError as error:
            entry.answers.append(type(error).__name__)
            return True
        if "X-Request-ID" not in answer.headers:
            # LocalStack's own, before the API is there again.
            entry.answers.append("nobody")
            return True
        entry.answers.append(answer.status_code)
        if answer.status_code == httpx.codes.ACCEPTED:
            entry.outcome = "acked"
            entry.bodies.add(answer.content)
        elif answer.status_code not in _AGAIN:
            entry.outcome = "refused"
        return answer.status_code in _AGAIN


def _triable(body: Mapping[str, Any]) -> bool:
    try:
        validate(str(body["subject"]), str(body["body"]))
    except InvalidTicket:
        return False
    return True
