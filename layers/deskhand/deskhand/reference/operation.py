"""One operation of the API reference."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, get_args

from pydantic import BaseModel

from deskhand.api.access import ROUTES, Access
from deskhand.reference.answers import Problem
from deskhand.settings.environment import Role

JSON = "application/json"
PROBLEM_JSON = "application/problem+json"
_EVERYBODY = set(get_args(Role))


@dataclass(frozen=True)
class Link:
    """Where an answer leads: the operation, and where its parameters are in the answer."""

    operation: str
    parameters: Mapping[str, str]


@dataclass(frozen=True)
class Reply:
    """One answer of an operation; without a model it has no body that is JSON."""

    meaning: str
    model: type[BaseModel] | None = None
    headers: tuple[str, ...] = ()
    links: tuple[Link, ...] = ()
    media_types: tuple[str, ...] = (JSON,)


@dataclass(frozen=True)
class Operation:
    """One method of one path; `name` is the handler's function.

    `problems` are its errors besides those that every operation of its kind has; `headers` are the
    request's, by whether they must be sent.
    """

    method: str
    path: str
    name: str
    summary: str
    replies: Mapping[int, Reply]
    detail: str = ""
    problems: Mapping[int, str] = field(default_factory=dict)
    headers: Mapping[str, bool] = field(default_factory=dict)
    query: type[BaseModel] | None = None
    body: type[BaseModel] | None = None
    files: tuple[str, ...] = ()  # the media types of bodies that are not JSON
    body_required: bool = True
    example: Mapping[str, Any] | None = None
    stored: bool = True  # whether it asks the database

    @property
    def access(self) -> Access:
        """The access rule, as the router enforces it."""
        return ROUTES[self.method, self.path]

    @property
    def public(self) -> bool:
        """Whether the operation needs no authentication."""
        return self.access.public

    def errors(self) -> dict[str, Reply]:
        """Every error it may answer with, by status."""
        meanings = {
            **({400: "A header is not valid."} if self.headers else {}),
            **{status: OF_ALL[status] for status in self._shared()},
            **({400: "A query parameter is unknown, repeated or wrong."} if self.query else {}),
            **(
                {400: "The id is not valid.", 404: "It does not exist."} if "{" in self.path else {}
            ),
            **({400: "The id or the body is not one."} if "{" in self.path and self.body else {}),
            **({403: needs} if (needs := self.needs()) else {}),
            **self.problems,
        }
        return {
            status_of(status): problem(status, meaning)
            for status, meaning in sorted(meanings.items())
        }

    def needs(self) -> str:
        """The required roles and scope in a sentence; empty for a public operation."""
        roles, scope = self.access.roles, self.access.scope
        if self.public:
            return ""
        if scope:
            return f"A service token needs the scope `{scope}`."
        return f"This needs the role {' or '.join(roles)}." if set(roles) != _EVERYBODY else ""

    def _shared(self) -> list[int]:
        of_body = (400, 413, 415, 422) if self.body or self.files else ()
        return [429, 502, *of_body, *(() if self.public else (401,)), *((503,) * self.stored)]


def problem(status: int, meaning: str) -> Reply:
    """An error as every operation answers it."""
    return Reply(meaning, Problem, _HEADERS_OF_PROBLEMS.get(status, ()), (), (PROBLEM_JSON,))


def status_of(status: int) -> str:
    """The status as the document names it: 502 stands for all that the service fails with."""
    return "5XX" if status == HTTPStatus.BAD_GATEWAY else str(status)


# Errors that mean the same wherever they occur. API Gateway makes 5XX, and a 429 of its own: see
# GatewayResponses in the template.
OF_ALL = {
    400: "The body is not JSON: it must be UTF-8, without doubled members, NaN or U+0000, and"
    " nested 32 levels deep at most. Or the Idempotency-Key is not one.",
    401: "The access token is missing, expired or not valid.",
    413: "The body is larger than this installation takes: 128 KiB, unless configured otherwise.",
    415: "The Content-Type is not application/json.",
    422: "A field is unknown, missing or not valid; or the Idempotency-Key was used for another"
    " request.",
    429: "The caller asks faster than they may.",
    502: "The service failed; repeat the request, with the same Idempotency-Key if it had one.",
    503: "The database does not answer; repeat the request.",
}
_HEADERS_OF_PROBLEMS = {
    401: ("WWW-Authenticate",),
    412: ("ETag",),
    429: ("Retry-After",),
    503: ("Retry-After",),
}
