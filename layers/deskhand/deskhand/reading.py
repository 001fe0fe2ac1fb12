"""Query strings in, JSON out: what readers of tickets may ask and what they get."""

import json
import re
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any
from uuid import UUID

from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEvent
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from deskhand.document import fault_of
from deskhand.problem import Problem, problem_of
from deskhand.settings import settings
from deskhand.store.outbox import Message
from deskhand.store.tickets import Filter

MAX_RUN_ID = 2**63 - 1
_RUN_ID = re.compile(r"[1-9][0-9]{0,18}")


class Parameters(BaseModel):
    """The query parameters of `GET /tickets`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    status: str | None = Field(None, pattern="^(new|open|pending|hold|solved|closed)$")
    priority: str | None = Field(None, pattern="^(low|medium|high|critical)$")
    category: str | None = None
    request_type: str | None = None
    department: str | None = None
    tag: str | None = None
    needs_review: bool | None = None
    workflow_status: str | None = Field(None, pattern="^(PENDING|IN_PROGRESS|COMPLETED|FAILED)$")
    limit: int = Field(20, ge=1, le=100)
    cursor: UUID | None = None


@dataclass(frozen=True)
class Query:
    """A page that was asked for."""

    filter: Filter
    before: UUID | None
    limit: int


def query_of(event: APIGatewayProxyEvent) -> Query:
    """The page that the query string asks for; raises a 400 Problem naming each wrong parameter."""
    try:
        asked = Parameters.model_validate(event.query_string_parameters or {})
    except ValidationError as error:
        wrong = [(str(e["loc"][0]), e["msg"]) for e in error.errors()]
        raise Problem(
            HTTPStatus.BAD_REQUEST, "some query parameters are not valid", wrong
        ) from None
    values = asked.model_dump(exclude={"limit", "cursor"})
    for name, value in values.items():
        if isinstance(value, str) and fault_of(value):
            raise problem_of(HTTPStatus.BAD_REQUEST, name, str(fault_of(value)))
    return Query(Filter(**values), asked.cursor, asked.limit)


def uuid_of(text: str) -> UUID:
    """The id in the path; raises a 400 Problem for anything but a UUID."""
    try:
        return UUID(text)
    except ValueError:
        raise problem_of(HTTPStatus.BAD_REQUEST, "ticket_id", "is not a UUID") from None


def run_id_of(text: str) -> int:
    """The run id in the path; raises a 400 Problem for anything but a positive integer."""
    if _RUN_ID.fullmatch(text) and int(text) <= MAX_RUN_ID:
        return int(text)
    raise problem_of(HTTPStatus.BAD_REQUEST, "run_id", "is not a positive integer")


def found[T](row: T | None, what: str) -> T:
    """The row; raises a 404 Problem when there is none."""
    if not row:
        raise Problem(HTTPStatus.NOT_FOUND, f"there is no such {what}")
    return row


def page(rows: list[dict[str, Any]], limit: int) -> str:
    """The JSON of a page: `rows` holds one more than `limit` when there is a next one."""
    shown = rows[:limit]
    cursor = shown[-1]["id"] if len(rows) > limit else None
    return render({"tickets": shown, "next_cursor": cursor})


def with_execution(run: dict[str, Any]) -> dict[str, Any]:
    """The run with the ARN that the execution of its present attempt has once it is started."""
    message = Message(run["ticket_id"], run["id"], run["attempt"])
    return {**run, "execution_arn": message.execution_arn(settings().need("state_machine_arn"))}


def render(value: dict[str, Any]) -> str:
    """JSON with times in ISO 8601 UTC."""
    return json.dumps(value, default=_plain, ensure_ascii=False, separators=(",", ":"))


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, UUID):
        return str(value)
    raise TypeError(f"cannot render {type(value).__name__}")
