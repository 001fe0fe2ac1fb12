"""Just before and just after each limit of time, by rows that were dated back."""

import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import jwt

from deskhand.store import outbox
from deskhand.workflow.dispatch import POSTPONED_SECONDS
from embedded import tokens
from tests.faults import tables
from tests.faults.client import Client
from tests.faults.journeys import Case
from tests.faults.plans import Always, Nth
from tests.faults.report import Result, Say
from tests.faults.rig import Rig
from tests.faults.trips import Fault, Trip

_HOUR = 3600
_BACK_OFF_SECONDS = (15, 30, 60, 60)
# As near to a limit as a busy machine may come without being there.
_NEAR, _BEYOND = 10, 1


@dataclass(frozen=True)
class Limit:
    """A limit of time: how rows are dated back towards it, and what is then to be seen."""

    name: str
    seconds: int
    date_back: Callable[[int], None]
    look: Callable[[], str]

    def tried(self, before: str, after: str) -> Result:
        """What was seen just before it and just after it."""
        self.date_back(self.seconds - _NEAR)
        first = self.look()
        self.date_back(_NEAR + _BEYOND)
        fault = f"{self.name}, {_shown(self.seconds)}"
        return Result("times", fault, _line(before, after), _line(first, self.look()))


def run(rig: Rig, client: Client, say: Say) -> Iterator[Result]:
    """One result a limit."""
    for check in (_key, _reaped, _content, _fresh, _back_off, _postponed, _stalled, _token):
        say(f"times: {check.__name__.strip('_')}")
        rig.settle()
        yield from check(rig, client)


def _key(rig: Rig, client: Client) -> Iterator[Result]:
    body, key = client.ticket("x", f"times-{uuid.uuid4()}"), str(uuid.uuid4())
    first = _post(rig, body, key)
    limit = Limit(
        "idempotency key",
        72 * _HOUR,
        lambda seconds: tables.key_is_older(rig, _ticket(first), seconds),
        lambda: "the first answer" if _post(rig, body, key) == first else "a new ticket",
    )
    yield limit.tried("the first answer", "a new ticket")


def _reaped(rig: Rig, client: Client) -> Iterator[Result]:
    body = client.ticket("x", f"times-{uuid.uuid4()}")
    ticket = _ticket(_post(rig, body, str(uuid.uuid4())))

    def look() -> str:
        rig.invoke("relay")
        return "kept" if tables.keys_of(rig, ticket) else "removed"

    def date_back(seconds: int) -> None:
        tables.key_is_older(rig, ticket, seconds)

    yield Limit("row of a key", 72 * _HOUR, date_back, look).tried("kept", "removed")


def _content(rig: Rig, client: Client) -> Iterator[Result]:
    body = client.ticket("x", f"times-{uuid.uuid4()}")
    first = _post(rig, body, None)
    limit = Limit(
        "same content without a key",
        24 * _HOUR,
        lambda seconds: tables.key_is_older(rig, _ticket(first), seconds),
        lambda: "the first answer" if _post(rig, body, None) == first else "a new ticket",
    )
    yield limit.tried("the first answer", "a new ticket")


def _fresh(rig: Rig, client: Client) -> Iterator[Result]:
    case = Case(rig, client)
    with rig.planned(Nth("ingest", 1, Fault.REFUSED, "aws")):
        case.post()

    def look() -> str:
        rig.invoke("relay")
        return "waits" if tables.owed(rig, case.tag) else "sent"

    yield Limit("message that ingest could not send", 30, _next_try(case), look).tried(
        "waits", "sent"
    )
    case.drive(reconciled=False)


def _back_off(rig: Rig, client: Client) -> Iterator[Result]:
    case = Case(rig, client)

    def look() -> str:
        before = tables.tries(rig, case.tag)
        rig.invoke("relay")
        return "waits" if tables.tries(rig, case.tag) == before else "tried again"

    with rig.planned(Always(_sends, Fault.REFUSED)):
        case.post()
        case.relay()
        for number, seconds in enumerate(_BACK_OFF_SECONDS, 1):
            limit = Limit(f"back-off after try {number}", seconds, _next_try(case), look)
            yield limit.tried("waits", "tried again")
    case.drive(reconciled=False)


def _postponed(rig: Rig, client: Client) -> Iterator[Result]:
    """As dispatch leaves a message behind that found no place."""
    case = Case(rig, client)
    with rig.planned(Nth("ingest", 1, Fault.SWALLOWED, "aws")):
        case.post()
    outbox.postpone(rig.conn, case.run(), POSTPONED_SECONDS)

    def look() -> str:
        rig.invoke("relay")
        return "waits" if tables.owed(rig, case.tag) else "sent"

    seconds = round(POSTPONED_SECONDS)
    yield Limit("message that found no place", seconds, _next_try(case), look).tried(
        "waits", "sent"
    )
    case.drive(reconciled=False)


def _stalled(rig: Rig, client: Client) -> Iterator[Result]:
    case = Case(rig, client)
    with rig.planned(Nth("ingest", 1, Fault.SWALLOWED, "aws")):
        case.post()

    def look() -> str:
        rig.invoke("reconcile")
        return "sent again" if tables.owed(rig, case.tag) else "left alone"

    def date_back(seconds: int) -> None:
        tables.progress_is_older(rig, case.tag, seconds)

    yield Limit("run that does not move", 300, date_back, look).tried("left alone", "sent again")
    case.drive(reconciled=False)


def _token(rig: Rig, client: Client) -> Iterator[Result]:
    """The token itself is dated back: it may be used 30 seconds longer than it says."""
    whole = tokens.token(rig.instance.state, "faults", "agent")
    claims = jwt.decode(whole, options={"verify_signature": False})
    left = claims["exp"] - int(time.time()) + 30
    dated = {"back": 0}

    def date_back(seconds: int) -> None:
        dated["back"] += seconds

    def look() -> str:
        older = {name: claims[name] - dated["back"] for name in ("iat", "exp")}
        token = tokens.sign(rig.instance.state, claims | older)
        answer = _get(rig, "/tickets?limit=1", {"Authorization": f"Bearer {token}"})
        return str(answer.status_code)

    yield Limit("access token", left, date_back, look).tried("200", "401")


def _post(rig: Rig, body: dict[str, Any], key: str | None) -> bytes:
    headers = {"Idempotency-Key": key} if key else {}
    url = f"{rig.target['base_url']}/tickets"
    answer = httpx.post(url, json=body, headers=headers, timeout=30, trust_env=False)
    return answer.raise_for_status().content


def _get(rig: Rig, path: str, headers: dict[str, str]) -> httpx.Response:
    return httpx.get(rig.target["base_url"] + path, headers=headers, timeout=30, trust_env=False)


def _ticket(answer: bytes) -> str:
    return str(httpx.Response(202, content=answer).json()["ticket_id"])


def _next_try(case: Case) -> Callable[[int], None]:
    return lambda seconds: tables.next_try_is_sooner(case.rig, case.tag, seconds)


def _sends(trip: Trip) -> bool:
    return trip.what in ("SendMessage", "SendMessageBatch")


def _line(before: str, after: str) -> str:
    return f"{_NEAR} s before: {before}; {_BEYOND} s after: {after}"


def _shown(seconds: int) -> str:
    return f"{seconds // _HOUR} h" if seconds >= _HOUR else f"{seconds} s"
