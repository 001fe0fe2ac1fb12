"""What callers may send: a ticket or an incident, checked field by field."""

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

from deskhand.document import canonical

MAX_BODY = 10_000
MAX_SUBJECT = 500
MAX_METADATA_BYTES = 8_192
_SUBJECT_OF_AN_INCIDENT = 120


def _not_blank(text: str) -> str:
    if not text.strip():
        raise PydanticCustomError("blank", "must not be blank")
    return text


def _small(metadata: dict[str, JsonValue]) -> dict[str, JsonValue]:
    if len(canonical(metadata)) > MAX_METADATA_BYTES:
        raise PydanticCustomError("size", f"must not be larger than {MAX_METADATA_BYTES} bytes")
    return metadata


Label = Annotated[str, StringConstraints(max_length=100), AfterValidator(_not_blank)]


class Submission(BaseModel):
    """What both have in common: unknown fields and other types than the declared are refused."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)
    kind: ClassVar[str]

    department: Label | None = None
    tags: Annotated[list[Label], Field(max_length=20)] = []
    channel: Label = "api"
    metadata: Annotated[dict[str, JsonValue], AfterValidator(_small)] = {}

    def columns(self) -> dict[str, Any]:
        """The values of the ticket's columns that the caller decides."""
        return self.model_dump()


class Ticket(Submission):
    """`POST /tickets`; `title` and `description` are other spellings of `subject` and `body`."""

    kind: ClassVar[str] = "ticket"
    subject: Annotated[
        str, StringConstraints(max_length=MAX_SUBJECT), AfterValidator(_not_blank)
    ] = Field(validation_alias=AliasChoices("subject", "title"))
    body: Annotated[str, StringConstraints(max_length=MAX_BODY)] = Field(
        validation_alias=AliasChoices("body", "description")
    )
    customer_id: Label


class Incident(Submission):
    """`POST /incidents`: a description in one piece; its first line becomes the subject."""

    kind: ClassVar[str] = "incident"
    description: Annotated[str, StringConstraints(max_length=MAX_BODY), AfterValidator(_not_blank)]
    customer_id: Label | None = None

    def columns(self) -> dict[str, Any]:
        first_line = self.description.strip().splitlines()[0].strip()
        return {
            **self.model_dump(exclude={"description"}),
            "subject": first_line[:_SUBJECT_OF_AN_INCIDENT],
            "body": self.description,
        }
