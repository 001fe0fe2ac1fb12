"""What the API answers, field by field. Handlers send stored rows; tests hold the two together."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from deskhand.api.fields import MAX_BODY, MAX_SUBJECT
from deskhand.knowledge.readers import Readers
from deskhand.reference.prepared import Draft, Entities, ExactObject, Research
from deskhand.ticket import ReviewReason

type Status = Literal["new", "open", "pending", "hold", "solved", "closed"]
type Priority = Literal["low", "medium", "high", "critical"]
type AiStatus = Literal["PENDING", "COMPLETED", "FALLBACK", "FAILED"]
type RunStatus = Literal["PENDING", "IN_PROGRESS", "COMPLETED", "FAILED"]
RunId = Annotated[int, Field(ge=1)]
Count = Annotated[int, Field(ge=0)]


class Fault(ExactObject):
    """One wrong place of a request."""

    pointer: str = Field(description="JSON pointer into the body, or a parameter's name")
    detail: str


class Problem(ExactObject):
    """An error (RFC 9457)."""

    type: Literal["about:blank"]
    title: str = Field(description="The status in words")
    status: int = Field(ge=400, le=599)
    detail: str = Field(description="What went wrong, in a sentence")
    instance: str = Field(description="Path of the request")
    request_id: str = Field(
        description="The answer's X-Request-ID; where API Gateway itself refused or gave up, its"
        " own id of the request, whatever the caller sent"
    )
    errors: list[Fault]


class Accepted(ExactObject):
    """A ticket that is stored and will be triaged."""

    ticket_id: UUID
    workflow_run_id: RunId
    status: Status


class AcceptedIncident(ExactObject):
    """An incident that is stored and will be triaged; its clients expect camelCase."""

    workflowRunId: RunId
    ticketId: UUID


class ListedTicket(ExactObject):
    """A ticket as a list shows it."""

    id: UUID
    kind: Literal["ticket", "incident"]
    subject: str = Field(min_length=1, max_length=MAX_SUBJECT)
    customer_id: str | None
    department: str | None
    tags: list[str]
    status: Status
    assignee: str | None
    title: str | None = Field(description="Set when triage opens the ticket for people")
    category: str | None = Field(
        description="Null before triage, and in the triage queue, where nothing fits"
    )
    request_type: str | None
    priority: Priority | None
    confidence: float | None = Field(ge=0, le=1)
    needs_review: bool
    review_reasons: list[ReviewReason] = Field(
        description="Why it waits for a review. `low_confidence`: less sure than the measured"
        " precision asks for; `precision_unknown`: nothing was measured yet; `contradicted`: a"
        " model said what neither words nor history say; `draft_refused`: the draft did not pass"
        " its review. Empty for customers, and if it was not recorded"
    )
    escalation_level: Count
    route: str | None
    due_at: datetime | None = Field(
        description="Null where nothing is promised, and while a pause keeps it open"
    )
    duplicate_of: UUID | None
    ai_status: AiStatus
    version: int = Field(ge=1, description="Counts changes; the ETag of the ticket")
    created_at: datetime
    updated_at: datetime
    workflow_run_id: RunId = Field(description="The latest run")
    workflow_status: RunStatus


class TicketInPage(ListedTicket):
    """A ticket of a page."""

    finished_at: datetime | None = Field(description="When the latest run ended")


class Page(ExactObject):
    """Tickets in the order asked for."""

    tickets: list[TicketInPage]
    next_cursor: str | None = Field(description="The `cursor` of the next page, if there is one")


class Facet(ExactObject):
    """A value of a filter, and how many tickets have it."""

    value: str | bool | None
    n: Count


class Facets(ExactObject):
    """The tickets of a list, counted."""

    total: Count
    complete: bool = Field(
        description="Whether all are counted. At most 10,000 are: then each number is the least"
    )
    status: list[Facet]
    priority: list[Facet]
    category: list[Facet]
    needs_review: list[Facet]
    escalated: list[Facet]


class SuggestedDuplicate(ExactObject):
    """A ticket that may report the same problem."""

    ticket_id: UUID
    subject: str
    status: Status
    cosine: float = Field(ge=0, le=1, description="Of the vectors: how near the meaning is")
    score: float = Field(ge=0, le=2, description="The same with the words' cosine added; the order")


class LikelyPlace(ExactObject):
    """A pair of the catalog where a ticket may belong."""

    category: str
    request_type: str
    confidence: float = Field(ge=0, le=1)
    why: str = Field(description="Why it comes first, or later, in one line")


class HiddenSecret(ExactObject):
    """Where a secret is: `ticket[field][start:end]`, in characters."""

    kind: Literal["password", "token", "private key", "connection string"]
    field: Literal["subject", "body"]
    start: Count
    end: Count


class StoredTicket(ListedTicket):
    """Everything that is stored of a ticket."""

    caller: str = Field(description="Who posted it")
    secrets: list[HiddenSecret] = Field(description="Passwords, keys and tokens in the text")
    body: str = Field(max_length=MAX_BODY)
    channel: str
    metadata: dict[str, Any]
    priority_inputs: list[dict[str, Any]] | None = Field(
        description="What the priority was computed from"
    )
    sla_version: str | None = Field(
        description="The catalog of the due time; null: the due time is to be recalculated"
    )
    escalate_at: datetime | None = Field(description="When the next escalation comes")
    summary: str | None
    likely_places: list[LikelyPlace] | None = Field(
        max_length=3,
        description="The likeliest places, best first: the choice when there is no category",
    )
    evidence: list[dict[str, Any]] | None = Field(
        description="What speaks for the category; `source` is `duplicate` if it is the original's"
    )
    ai_provider: str | None
    ai_model: str | None
    ai_prompt: str | None
    provenance: dict[str, Literal["human", "rule", "ai"]] = Field(
        description="Who set a field last; a field that a human set is left alone by triage"
    )
    text_version: int = Field(ge=1, description="Counts changes of subject and body")
    degraded: list[str] = Field(description="Steps that failed in the last run, which went on")
    entities: Entities | None
    draft: Draft | None = Field(description="Null for customers, who do not see drafts")
    research: Research | None = Field(
        description="What the latest run found; null for customers, and where it found out nothing"
    )
    suggested_duplicates: list[SuggestedDuplicate] = Field(description="The most similar first")
    workflow_step: str | None
    workflow_error: str | None
    workflow_reason: str | None


class Event(ExactObject):
    """Something that happened to a ticket."""

    id: int
    run_id: RunId | None
    kind: str = Field(examples=["ticket.created", "run.completed"])
    actor: str
    step: str | None
    data: dict[str, Any]
    at: datetime


class Trail(ExactObject):
    """What happened to a ticket, in order."""

    events: list[Event]
    count: int = Field(
        ge=1,
        description="All events of the ticket. If it is another number than you have read, read"
        " again without `after`: an event may be stored later than one with a greater id",
    )


class StepOfRun(ExactObject):
    """The stored outcome of one step."""

    step: str
    revision: Count
    attempt: int = Field(ge=1)
    seconds: float = Field(ge=0)
    verdict: dict[str, Any]


class DegradedStep(ExactObject):
    """An optional step that failed."""

    step: str
    error: str | None = Field(description="The last error's name; null: the function itself ended")


class Run(ExactObject):
    """One run of the triage workflow for a ticket."""

    id: RunId
    ticket_id: UUID
    status: RunStatus
    attempt: int = Field(ge=1)
    current_step: str | None
    error: str | None = Field(description="The error's name when the run failed")
    reason: str | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    request_id: str
    steps: list[StepOfRun]
    revisions: Count = Field(description="How often the reply was drafted anew")
    degraded: list[DegradedStep] = Field(description="Set when the ticket is created")
    execution_arn: str | None = Field(
        description="Of the current attempt; null: not known before its first step (EXPRESS)"
    )


class ListedArticle(ExactObject):
    """An article as a list shows it."""

    slug: str
    title: str
    tags: list[str]
    readers: Readers
    updated_at: datetime
    sections: int = Field(ge=1)


class Articles(ExactObject):
    """Articles, by slug."""

    articles: list[ListedArticle]
    next_cursor: str | None = Field(description="The `cursor` of the next page, if there is one")


class SectionOfArticle(ExactObject):
    """A part of an article under one heading."""

    section: Count = Field(description="What answers cite it by, together with the slug")
    heading: str = Field(description="With the headings above it: `Outlook › Reset the profile`")
    text: str = Field(
        description="What the page shows its readers: no comments, no HTML, no link addresses"
    )


class PreviewedArticle(ExactObject):
    """An article as it would be read; nothing is stored."""

    title: str
    tags: list[str]
    readers: Readers
    sections: list[SectionOfArticle]


class StoredArticle(ExactObject):
    """An article with its sections."""

    slug: str
    title: str
    tags: list[str]
    readers: Readers
    body: str | None = Field(description="Markdown, as it was sent; null for customers")
    updated_at: datetime
    sections: list[SectionOfArticle]


class SearchResult(ExactObject):
    """A section, to be cited by article and section."""

    slug: str
    section: Count
    title: str
    heading: str
    text: str = Field(description="How the section begins")
    truncated: bool = Field(description="It goes on: `GET /kb/articles/{slug}` shows all of it")
    cosine: float = Field(ge=-1, le=1.001, description="Of the vectors: how near the meaning is")
    score: float = Field(description="The same with the words' cosine added; the order")


class SearchResults(ExactObject):
    """Sections that answer a question, the best first."""

    results: list[SearchResult]


class FailureExample(BaseModel):
    """One failure of a group: its ids and its reason."""

    model_config = ConfigDict(extra="allow")

    reason: str | None = None


class FailureGroup(ExactObject):
    """Failures of one step with one error."""

    source: Literal["run", "mail", "dead_letter"]
    step: str | None
    error: str
    count: int = Field(ge=1)
    oldest: datetime
    newest: datetime
    example: FailureExample
    run_ids: list[RunId] = Field(max_length=20, description="The newest, 20 at most")


class Failures(ExactObject):
    """Failures that can be replayed."""

    groups: list[FailureGroup]
    dead_letters_waiting: Count


class ReplayedRun(ExactObject):
    """A replayed run: its next attempt, or the same attempt when nothing of it had begun."""

    run_id: RunId
    ticket_id: UUID | None = Field(description="Null for a run of attribution")
    attempt: int = Field(ge=1)


class DeadLetters(ExactObject):
    """What became of the messages in the dead-letter queue."""

    replayed: Count
    settled: Count
    kept: Count


class Replay(ExactObject):
    """What a replay did, or would do."""

    replayed: list[ReplayedRun]
    count: Count
    remaining: Count
    dead_letters: DeadLetters
    dry_run: bool


class NewRun(ExactObject):
    """A further run of a ticket."""

    ticket_id: UUID
    workflow_run_id: RunId


class Reprocessing(ExactObject):
    """Which tickets are, or would be, triaged once more."""

    reprocessed: list[NewRun]
    count: Count
    remaining: Count
    dry_run: bool


class Part(BaseModel):
    """One part of the service: how long it took to answer, and a figure where there is one.

    It is degraded when it answered late, or only the second time it was asked; `error` names what
    went wrong the first time. It is down when it failed twice in a row, or failed late.
    """

    model_config = ConfigDict(extra="allow")

    status: Literal["up", "degraded", "down"]
    seconds: float
    error: str | None = None


class Health(ExactObject):
    """The version of the software, the worst status of all parts, and the state of each."""

    version: str
    status: Literal["up", "degraded", "down"]
    parts: dict[str, Part]


class Info(ExactObject):
    """`GET /actuator/info`."""

    version: str
