"""Parses query strings and path ids, and renders pages of tickets."""

import re
from dataclasses import dataclass, fields
from http import HTTPStatus
from typing import Annotated, Any, Literal, TypeVar
from urllib.parse import unquote
from uuid import UUID

from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEvent
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
)
from pydantic_core import ErrorDetails, PydanticCustomError

from deskhand.api.etag import Tags
from deskhand.api.fields import Label, identifier, not_blank
from deskhand.api.json_document import fault_of
from deskhand.api.problem import Problem, problem_of
from deskhand.api.render import render
from deskhand.settings.environment import settings
from deskhand.store.figures import Figure
from deskhand.store.outbox import Message
from deskhand.store.ticket_filter import Filter
from deskhand.store.ticket_lists import Cursor, cursor_of

MAX_ID = 2**63 - 1
_RUN_ID = re.compile(r"[1-9][0-9]{0,18}")
_DIGITS = re.compile(r"[0-9]{1,19}")
# RFC 3339 only; pydantic alone would read a bare number as seconds since 1970.
_MOMENT = re.compile(
    r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)", re.IGNORECASE | re.ASCII
)
# An id; where tickets are not sorted by it, after the key of the last one: infinity for none.
_CURSOR = (
    r"^([0-9T:.+-]{4,40}~|infinity~|[0-9.e-]{1,25}~)?[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}"
    r"-[0-9A-Fa-f]{12}$"
)
_NO_KEY = re.compile("")
_DUE = re.compile(r"infinity|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?\+00:00", re.ASCII)
_CONFIDENCE = re.compile(r"[0-2](\.\d{1,20})?(e-\d\d?)?", re.ASCII)


def _flag(text: object) -> object:
    # Strict: pydantic would also accept "on", "y" and "1".
    return {"true": True, "false": False}.get(text, text) if isinstance(text, str) else text


def digits(text: object) -> object:
    """Validator: a plain integer; pydantic would also accept other notations."""
    if isinstance(text, str) and not _DIGITS.fullmatch(text):
        raise PydanticCustomError("digits", "must be an integer")
    return text


def _moment(text: object) -> object:
    if isinstance(text, str) and not _MOMENT.fullmatch(text):
        raise PydanticCustomError(
            "moment",
            "must be a time with its offset, like 2026-01-31T09:00:00Z; write + as %2B",
        )
    return text


Value = TypeVar("Value")
Values = Annotated[tuple[Value, ...], Field(max_length=20)]
Flag = Annotated[bool, Field(strict=True), BeforeValidator(_flag)]
Moment = Annotated[AwareDatetime, BeforeValidator(_moment)]
Limit = Annotated[int, Field(ge=1, le=100), BeforeValidator(digits)]
Search = Annotated[str, StringConstraints(min_length=1, max_length=200), AfterValidator(not_blank)]


class Filters(BaseModel):
    """The query parameters that select tickets; those that are lists may be repeated."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Values[Literal["ticket", "incident"]] = ()
    channel: Values[Label] = ()
    status: Values[Literal["new", "open", "pending", "hold", "solved", "closed"]] = ()
    priority: Values[Literal["low", "medium", "high", "critical"]] = ()
    category: Values[Label] = ()
    request_type: Values[Label] = ()
    department: Values[Label] = ()
    tag: Values[Label] = ()
    customer_id: Values[Label] = ()
    assignee: Values[Label] = ()
    needs_review: Flag | None = None
    duplicate: Flag | None = Field(None, description="Whether the ticket is a duplicate")
    duplicate_of: UUID | None = Field(None, description="Duplicates of that ticket")
    escalated: Flag | None = Field(None, description="Whether it has been escalated")
    created_from: Moment | None = Field(None, description="Created then or later")
    created_to: Moment | None = Field(None, description="Created before that")
    workflow_status: Values[Literal["PENDING", "IN_PROGRESS", "COMPLETED", "FAILED"]] = ()
    q: Search | None = Field(
        None, description='Words in subject and body; "a phrase", OR and - work as in web search'
    )

    @property
    def filter(self) -> Filter:
        """The filter of tickets."""
        known = _SELECTING & type(self).model_fields.keys()
        return Filter(**{name: getattr(self, name) for name in known})


class TicketQuery(Filters):
    """The query parameters that select tickets, and those behind a figure."""

    figure: Figure | None = Field(None, description="The tickets behind that figure of /analytics")
    figure_from: Moment | None = Field(None, description="The figure's first moment")
    figure_to: Moment | None = Field(None, description="The moment before which the figure ends")


class TicketsQuery(TicketQuery):
    """The query parameters of `GET /tickets`."""

    sort: Literal["newest", "age", "due", "confidence"] = Field(
        "newest", description="Newest first, oldest first, next due first, least confident first"
    )
    limit: Limit = 20
    cursor: Annotated[str, Field(pattern=_CURSOR)] | None = Field(
        None, description="`next_cursor` of the page before, in the same `sort`"
    )


_OF_FIGURES = ("figure", "figure_from", "figure_to")
_SELECTING = {each.name for each in fields(Filter)}


@dataclass(frozen=True)
class Query:
    """A requested page."""

    filter: Filter
    before: Cursor | None
    limit: int
    sort: str


def query_of(event: APIGatewayProxyEvent) -> Query:
    """The page that the query string requests; raises a 400 Problem naming each wrong parameter."""
    asked = query_as(TicketsQuery, event)
    cursor = _cursor(asked.cursor, asked.sort)
    return Query(_selected(asked), cursor, asked.limit, asked.sort)


def selection_of(event: APIGatewayProxyEvent) -> Filter:
    """The tickets that the query string selects; raises a 400 Problem as `query_of`."""
    return _selected(query_as(TicketQuery, event))


def filter_of(given: dict[str, list[str]]) -> Filter:
    """The tickets that these parameters of a list select; raises a 400 Problem as `query_of`."""
    return _selected(_parsed(TicketQuery, given))


def list_of(given: dict[str, list[str]]) -> TicketsQuery:
    """The list that these parameters name; raises a 400 Problem as `query_of`."""
    asked = _parsed(TicketsQuery, given)
    _selected(asked)
    return asked


def _selected(asked: TicketQuery) -> Filter:
    missing = [name for name in _OF_FIGURES if getattr(asked, name) is None]
    if 0 < len(missing) < len(_OF_FIGURES):
        detail = "is needed: figure, figure_from and figure_to belong together"
        raise _not_valid([(name, detail) for name in missing])
    return asked.filter


def _cursor(text: str | None, sort: str) -> Cursor | None:
    """The cursor, if it is one of this order; raises a 400 Problem otherwise."""
    if text is None:
        return None
    key, _, ticket_id = text.rpartition("~")
    ordered = {"due": _DUE, "confidence": _CONFIDENCE}.get(sort, _NO_KEY)
    if not ordered.fullmatch(key):
        raise _not_valid([("cursor", f"is not the next_cursor of a page with sort={sort}")])
    return Cursor(UUID(ticket_id), key)


def query_as[Model: BaseModel](model: type[Model], event: APIGatewayProxyEvent) -> Model:
    """The query string as `model`; raises a 400 Problem naming each wrong parameter."""
    return _parsed(model, _given(event))


def _parsed[Model: BaseModel](model: type[Model], given: dict[str, list[str]]) -> Model:
    """The parameters as `model`; only one that is a list may be given more than once."""
    several = {name for name, field in model.model_fields.items() if field.default == ()}
    wrong = [
        (_shown(n), "was given more than once")
        for n, values in given.items()
        if values[1:] and n not in several
    ]
    wrong += [
        (_shown(name), fault)
        for name, values in given.items()
        if (fault := fault_of(name) or next(filter(None, map(fault_of, values)), None))
    ]
    if wrong:
        raise _not_valid(wrong)
    try:
        return model.model_validate(
            {name: values if name in several else values[0] for name, values in given.items()}
        )
    except ValidationError as error:
        raise _not_valid([(str(e["loc"][0]), _reason(e)) for e in error.errors()]) from None


def _given(event: APIGatewayProxyEvent) -> dict[str, list[str]]:
    """Every value of every parameter: repeated ones are in the multi-value map only."""
    several = event.get("multiValueQueryStringParameters")
    if several is not None:
        return {name: values for name, values in several.items() if values}
    return {name: [value] for name, value in (event.get("queryStringParameters") or {}).items()}


def _not_valid(wrong: list[tuple[str, str]]) -> Problem:
    return Problem(HTTPStatus.BAD_REQUEST, "some query parameters are not valid", wrong)


def _shown(name: str) -> str:
    """The name without characters that an answer cannot contain."""
    return name.encode(errors="replace").decode()


def _reason(error: ErrorDetails) -> str:
    return "unknown parameter" if error["type"] == "extra_forbidden" else error["msg"]


def uuid_of(text: str, name: str = "ticket_id") -> UUID:
    """The id in the path; raises a 400 Problem for anything but a UUID in the usual notation."""
    found = identifier(unquote(text))
    if not isinstance(found, UUID):
        raise problem_of(HTTPStatus.BAD_REQUEST, name, "is not a UUID")
    return found


def run_id_of(text: str) -> int:
    """The run id in the path; raises a 400 Problem for anything but a positive integer."""
    plain = unquote(text)
    if _RUN_ID.fullmatch(plain) and int(plain) <= MAX_ID:
        return int(plain)
    raise problem_of(HTTPStatus.BAD_REQUEST, "run_id", "is not a positive integer")


def is_unchanged(ticket: dict[str, Any], seen: Tags) -> bool:
    """Whether the ticket is unchanged for a reader who has seen these tags.

    An open run progresses without a new version of the ticket. Suggested duplicates, shown with
    subject and status, change without one too. In both cases the answer is no.
    """
    at_rest = ticket["workflow_status"] in ("COMPLETED", "FAILED")
    alone = not ticket["suggested_duplicates"]
    return at_rest and alone and seen.match_weakly(ticket["version"])


def page(rows: list[dict[str, Any]], limit: int, sort: str) -> str:
    """The JSON of a page: `rows` holds `limit` + 1 rows when there is a next page."""
    shown = rows[:limit]
    cursor = cursor_of(shown[-1], sort) if len(rows) > limit else None
    return render({"tickets": shown, "next_cursor": cursor and _written(cursor)})


def _written(cursor: Cursor) -> str:
    return f"{cursor.key}~{cursor.id}" if cursor.key else str(cursor.id)


def with_execution(run: dict[str, Any]) -> dict[str, Any]:
    """The run with the ARN of its current attempt's execution.

    That of STANDARD is known before it starts; of EXPRESS it is None until a step begins.
    """
    arn = run.pop("execution")
    if arn is None and settings().workflow_type == "STANDARD":
        message = Message(run["ticket_id"], run["id"], run["attempt"])
        arn = message.execution_arn(settings().need("state_machine_arn"))
    return {**run, "execution_arn": arn}
