"""Every route of the OpenAPI document with every kind of caller: who gets what.

Works on any transport: the handlers in this process, or a deployed API.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, get_args

from rich.table import Table

from deskhand.api.access import ROUTES, Access
from deskhand.reference.files import REFERENCE
from deskhand.settings.environment import Role

DOCUMENT: dict[str, Any] = json.loads(REFERENCE.text)
ROLES: tuple[Role, ...] = get_args(Role)
# Objects that a caller may own, by the name of their id in a path.
OWNED = ("ticket_id", "run_id")
_UNKNOWN = "00000000-0000-7000-8000-000000000000"

type Headers = list[str]


@dataclass(frozen=True)
class Callers:
    """Authorization headers by who sends them. `other` is a customer who owns nothing of it.

    `refused` are headers that nobody may be let in with; `scoped` are service tokens by scope.
    """

    roles: Mapping[Role, Headers]
    scoped: Mapping[str, Headers]
    refused: Mapping[str, Headers]
    other: Headers


@dataclass(frozen=True)
class Cell:
    """One request of the matrix and what it has to be answered with."""

    method: str
    route: str
    who: str
    authorization: Headers
    expected: str
    owner: Headers | None  # who makes the object that the path names


@dataclass
class Outcome:
    """What was answered, by route and by kind of answer; `wrong` says what differs."""

    counts: dict[str, Counter[str]] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)

    @property
    def tried(self) -> int:
        """How many cells there were."""
        return sum(counter.total() for counter in self.counts.values())

    def table(self) -> Table:
        """Rows by outcomes."""
        kinds = ("served", "401", "403", "404 foreign", "wrong")
        title = f"{self.tried} cells tried, {len(self.wrong)} failed"
        made = Table("route", *kinds, title=title)
        for route, counter in self.counts.items():
            made.add_row(route, *(str(counter[kind] or "") for kind in kinds))
        return made


def routes() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Method, path and description of every operation in the document."""
    for path, methods in DOCUMENT["paths"].items():
        for method, described in methods.items():
            yield method.upper(), path, described


def cells(callers: Callers) -> Iterator[Cell]:
    """The whole matrix."""
    for method, route, described in routes():
        access = ROUTES[method, route]
        # What the document says, a router must do.
        said = [role for each in described["security"] for role in each["token"]]
        assert said == ([] if access.public else list(access.roles)), route
        owned = any(f"{{{name}}}" in route for name in OWNED)
        for role, sent in callers.roles.items():
            expected = _for_role(access, role)
            yield Cell(method, route, role, sent, expected, sent if owned else None)
        for scope, sent in callers.scoped.items():
            yield Cell(method, route, f"service for {scope}", sent, _for_scope(access, scope), None)
        for name, sent in callers.refused.items():
            expected = "served" if access.public else "401"
            yield Cell(method, route, name, sent, expected, None)
        if owned:
            may = "customer" in access.roles
            expected = "404 foreign" if may else "403"
            owner = callers.roles["customer"]
            yield Cell(method, route, "another customer", callers.other, expected, owner)


def walk(
    callers: Callers,
    send: Callable[[str, str, Headers, Any, dict[str, str]], int],
    made_by: Callable[[Headers], tuple[str, int]],
) -> Outcome:
    """Asks every cell. `made_by` makes a ticket of somebody's and returns its id and its run's."""
    outcome = Outcome()
    for number, cell in enumerate(cells(callers)):
        ticket_id, run_id = made_by(cell.owner) if cell.owner else (_UNKNOWN, 2**62)
        known = {"ticket_id": ticket_id, "run_id": run_id, "file": "page.js"}
        path = cell.route.format_map(defaultdict(lambda: _UNKNOWN, known))
        body, headers = _request(cell, number)
        status = send(cell.method, path, cell.authorization, body, headers)
        name = f"{cell.method} {cell.route}"
        right = _matches(cell, status)
        kind = cell.expected if right else "wrong"
        outcome.counts.setdefault(name, Counter())[kind] += 1
        if not right:
            outcome.wrong.append(f"{name} as {cell.who}: {status}, not {cell.expected}")
    assert {f"{m} {p}" for m, p in ROUTES} == outcome.counts.keys()
    return outcome


def _for_role(access: Access, role: Role) -> str:
    return "served" if access.public or role in access.roles else "403"


def _for_scope(access: Access, scope: str) -> str:
    if access.public:
        return "served"
    fits = access.scope in (None, scope)
    return "served" if "service" in access.roles and fits else "403"


def _matches(cell: Cell, status: int) -> bool:
    match cell.expected:
        case "served" if cell.route in ("/auth/login", "/auth/refresh"):
            return status == 401  # the example's password, and its token, are nobody's
        case "served" if cell.route == "/auth/register":
            return status == 403  # without an invitation
        case "served" if cell.route == "/auth/password":
            return status in (204, 403)  # of a principal that no login has made
        case "served" if cell.route == "/health":
            return status in (200, 503)  # 503 is the state of the parts: the caller was let in
        case "served":
            return status < 500 and status not in (401, 403, 429)
        case "404 foreign":
            return status == 404
        case expected:
            return status == int(expected)


def _request(cell: Cell, number: int) -> tuple[Any, dict[str, str]]:
    """The example of the document, each with an address and a key of its own."""
    described = DOCUMENT["paths"][cell.route][cell.method.lower()]
    content = described.get("requestBody", {}).get("content", {}).get("application/json", {})
    body = content.get("example")
    if body and cell.who == "customer":
        # Theirs without a word; anybody else's is refused.
        body = {name: value for name, value in body.items() if name != "customer_id"}
    if body and "email" in body:
        body = {**body, "email": f"nobody-{number}@example.com"}
    needed = {
        p["name"] for p in described["parameters"] if p.get("required") and p["in"] == "header"
    }
    return body, dict.fromkeys(needed, f"matrix-{number}")
