"""What triage prepares for people, field by field, as a ticket shows it."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field


class ExactObject(BaseModel):
    """A JSON object with exactly these members."""

    model_config = ConfigDict(extra="forbid")


class Origin(ExactObject):
    """The origin of a result, and its usage."""

    ai_status: Literal["COMPLETED", "FALLBACK"]
    provider: str = Field(description="`offline` for rules: no model was asked")
    model: str
    prompt_version: str = Field(description="The content hash of the prompt; empty: no prompt")
    input_tokens: Annotated[int, Field(ge=0)]
    output_tokens: Annotated[int, Field(ge=0)]
    latency_ms: Annotated[int, Field(ge=0)]
    cost_usd: float | None
    cached: bool
    failures: list[str] = Field(description="Providers that failed before, with their errors")


class Entity(ExactObject):
    """A value, and the passage of the ticket that shows it."""

    value: str | int
    field: Literal["subject", "body"]
    text: str = Field(description="The passage: characters `start` to `end` of the field")
    start: Annotated[int, Field(ge=0)]
    end: Annotated[int, Field(ge=1)]


class Entities(ExactObject):
    """The entities of a ticket; null: not stated."""

    values: dict[str, Entity | None] = Field(
        description="order_id, asset, host, product, version, error_code, issue_type, urgency and"
        " affected_users, which is a number, `team` or `everyone`"
    )
    custom: dict[str, Entity | None] = Field(description="Those that the catalog names")
    rejected: list[str] = Field(description="Values that a model gave and the ticket does not show")
    origin: Origin


class FoundSection(ExactObject):
    """A section of an article that is near a ticket."""

    slug: str
    section: Annotated[int, Field(ge=0, description="In the order of the page")]
    heading: str
    cosine: float
    score: float = Field(description="The cosine with that of the words added; the order")


class FoundTicket(ExactObject):
    """A solved ticket that is near a ticket."""

    ticket_id: UUID
    cosine: float
    score: float


class Research(ExactObject):
    """Findings that may help: ids only; some may have been deleted since."""

    articles: list[FoundSection]
    solved: list[FoundTicket]
    history: list[UUID] = Field(description="The requester's last tickets, the newest first")


class Claim(ExactObject):
    """A sentence or two, and the passages that say so."""

    text: str
    citations: list[str] = Field(min_length=1, description="`id` of the draft's `citations`")


class Citation(ExactObject):
    """A section of a knowledge article."""

    id: str
    slug: str
    title: str
    number: Annotated[int, Field(ge=0, description="In the order of the page")]
    section: str = Field(description="Its heading")


class Estimate(ExactObject):
    """The median time from arrival to solution of similar tickets."""

    minutes: Annotated[int, Field(ge=0)]
    tickets: Annotated[int, Field(ge=1, description="How many solved tickets")]


class Finding(ExactObject):
    """A finding against a draft."""

    rule: str
    reason: str
    claim: str = Field(description="The claim's text; empty: the draft as a whole")


class Review(ExactObject):
    """The check of a draft against the policy."""

    passed: bool
    findings: list[Finding]
    revision: Annotated[int, Field(ge=0)]
    policy: str = Field(description="The content hash of the policy")
    origin: Origin


class Draft(ExactObject):
    """A reply for people to check and send: nothing sends it by itself."""

    run_id: Annotated[int, Field(ge=1)]
    kind: Literal["answer", "question", "none"] = Field(
        description="`question`: nothing is known, so one question is asked; `none`: the ticket"
        " leaves none open either, so there is no reply"
    )
    text: str = Field(description="Empty for `none`")
    statements: list[Claim]
    steps: list[Claim] = Field(description="What the requester can do, in order")
    citations: list[Citation]
    revision: Annotated[int, Field(ge=0)]
    origin: Origin
    estimate: Estimate | None
    review: Review | None = Field(description="Null: it was not reviewed, see `degraded`")
