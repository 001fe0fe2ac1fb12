"""The answer of `GET /catalog`, field by field."""

from typing import Literal

from pydantic import Field

from deskhand.catalog.proposed import SHOWN
from deskhand.reference.answers import Count
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


class PlaceInCatalog(ExactObject):
    """A place of a catalog, and what is wrong or odd there."""

    pointer: str = Field(description="JSON pointer into the document")
    detail: str


class LintedCatalog(ExactObject):
    """What is to be said of a catalog before it is put in force."""

    version: str | None = Field(description="Null: it is not valid")
    categories: Count
    request_types: Count
    error_count: Count
    finding_count: Count
    errors: list[PlaceInCatalog] = Field(
        max_length=SHOWN, description="For these it would be refused"
    )
    findings: list[PlaceInCatalog] = Field(
        max_length=SHOWN, description="These are valid, and probably mistakes"
    )
