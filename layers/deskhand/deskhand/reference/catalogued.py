"""The answer of `GET /catalog`, field by field."""

from typing import Literal

from pydantic import Field

from deskhand.reference.prepared import ExactObject
from deskhand.ticket import Priority


class Promised(ExactObject):
    """A length of time; with a calendar it is working time."""

    unit: Literal["minutes", "hours", "days"]
    value: float


class OfferedType(ExactObject):
    """A kind of request."""

    name: str
    description: str | None
    default_priority: Priority | None = Field(description="Null: triage starts at medium")
    route: str | None = Field(description="The team that it goes to")
    resolution: Promised | None = Field(description="Null: nothing is promised")
    first_response: Promised | None


class OfferedCategory(ExactObject):
    """A group of request types."""

    name: str
    code: str | None
    description: str | None
    request_types: list[OfferedType]


class CatalogInForce(ExactObject):
    """What tickets can be sorted into."""

    version: str
    categories: list[OfferedCategory]
