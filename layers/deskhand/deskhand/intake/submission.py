"""Request bodies: a ticket or an incident, validated field by field."""

from typing import Annotated, Any, ClassVar

from pydantic import (
    AfterValidator,
    AliasChoices,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
)

from deskhand.api.fields import MAX_BODY, Body, Label, Metadata, Subject, Tags, not_blank

_SUBJECT_OF_AN_INCIDENT = 120


class Submission(BaseModel):
    """The fields of both; unknown fields and values of another type are rejected."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)
    kind: ClassVar[str]

    department: Label | None = None
    tags: Tags = []
    channel: Label = "api"
    metadata: Metadata = {}

    def columns(self) -> dict[str, Any]:
        """The ticket's columns whose values the caller sets."""
        return self.model_dump()


class TicketSubmission(Submission):
    """`POST /tickets`; `title` and `description` are other spellings of `subject` and `body`."""

    kind: ClassVar[str] = "ticket"
    subject: Subject = Field(validation_alias=AliasChoices("subject", "title"))
    body: Body = Field(validation_alias=AliasChoices("body", "description"))
    customer_id: Label = Field(
        description="Whose ticket it is; a customer's token may leave it out, and names no other"
    )


class IncidentSubmission(Submission):
    """`POST /incidents`: a description in one piece; its first line becomes the subject."""

    kind: ClassVar[str] = "incident"
    description: Annotated[str, StringConstraints(max_length=MAX_BODY), AfterValidator(not_blank)]
    customer_id: Label | None = Field(
        None, description="Whose ticket it is; a customer's token names no other than its own"
    )

    def columns(self) -> dict[str, Any]:
        # Tickets, which are the most, need nothing cut.
        from deskhand.safety.shorten import shorten

        first_line = self.description.strip().splitlines()[0].strip()
        return {
            **self.model_dump(exclude={"description"}),
            "subject": shorten(first_line, _SUBJECT_OF_AN_INCIDENT),
            "body": self.description,
        }
