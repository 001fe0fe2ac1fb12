"""What callers may send: a ticket or an incident, checked field by field."""

import re
from typing import Annotated, Any, ClassVar

from pydantic import (
    AfterValidator,
    AliasChoices,
    BaseModel,
    ConfigDict,
    Field,
    JsonValue,
    StringConstraints,
)
from pydantic_core import PydanticCustomError

from deskhand.api.json_document import canonical
from deskhand.safety.shorten import shorten

MAX_BODY = 10_000
MAX_SUBJECT = 500
MAX_METADATA_BYTES = 8_192
_SUBJECT_OF_AN_INCIDENT = 120
# Written so that Python, JavaScript and Rust agree on it: it is part of the published schema.
VISIBLE = r"[^\s\x00\x1c-\x1f\x85\ufeff]"
_VISIBLE = re.compile(VISIBLE)


def not_blank(text: str) -> str:
    """The text; raises for one in which nothing can be seen."""
    if not _VISIBLE.search(text):
        raise PydanticCustomError("blank", "must not be blank")
    return text


def small(metadata: dict[str, JsonValue]) -> dict[str, JsonValue]:
    """The metadata; raises for more than is stored."""
    if len(canonical(metadata)) > MAX_METADATA_BYTES:
        raise PydanticCustomError("size", f"must not be larger than {MAX_METADATA_BYTES} bytes")
    return metadata


def whole(value: Any) -> Any:
    """2.0 as 2, which are one number in JSON; anything else as it is."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


Label = Annotated[str, StringConstraints(max_length=100), AfterValidator(not_blank)]
Subject = Annotated[str, StringConstraints(max_length=MAX_SUBJECT), AfterValidator(not_blank)]
Body = Annotated[str, StringConstraints(max_length=MAX_BODY)]
Tags = Annotated[list[Label], Field(max_length=20)]
Metadata = Annotated[dict[str, JsonValue], AfterValidator(small)]


class Submission(BaseModel):
    """What both have in common: unknown fields and other types than the declared are refused."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)
    kind: ClassVar[str]

    department: Label | None = None
    tags: Tags = []
    channel: Label = "api"
    metadata: Metadata = {}

    def columns(self) -> dict[str, Any]:
        """The values of the ticket's columns that the caller decides."""
        return self.model_dump()


class Ticket(Submission):
    """`POST /tickets`; `title` and `description` are other spellings of `subject` and `body`."""

    kind: ClassVar[str] = "ticket"
    subject: Subject = Field(validation_alias=AliasChoices("subject", "title"))
    body: Body = Field(validation_alias=AliasChoices("body", "description"))
    customer_id: Label = Field(
        description="Whose ticket it is; a customer's token may leave it out, and names no other"
    )


class Incident(Submission):
    """`POST /incidents`: a description in one piece; its first line becomes the subject."""

    kind: ClassVar[str] = "incident"
    description: Annotated[str, StringConstraints(max_length=MAX_BODY), AfterValidator(not_blank)]
    customer_id: Label | None = Field(
        None, description="Whose ticket it is; a customer's token names no other than its own"
    )

    def columns(self) -> dict[str, Any]:
        first_line = self.description.strip().splitlines()[0].strip()
        return {
            **self.model_dump(exclude={"description"}),
            "subject": shorten(first_line, _SUBJECT_OF_AN_INCIDENT),
            "body": self.description,
        }
