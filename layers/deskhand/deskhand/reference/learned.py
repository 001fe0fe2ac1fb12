"""What the API answers about learning: corrections, imports, previews, quality."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from deskhand.reference.answers import Count, LikelyPlace, Priority, SuggestedDuplicate
from deskhand.reference.prepared import ExactObject

Share = Annotated[float, Field(ge=0, le=1)]


class StoredCorrection(ExactObject):
    """A person's correction of a ticket's triage, with the original prediction."""

    id: int
    ticket_id: UUID
    actor: str
    category: str
    request_type: str
    priority: Priority | None
    predicted_category: str | None
    predicted_request_type: str | None
    predicted_priority: Priority | None
    confidence: Share | None
    unattended: bool | None = Field(description="Triage had asked for no review")
    provider: str | None
    model: str | None
    at: datetime
    right: bool | None = Field(description="Triage had said the same")


class RowError(ExactObject):
    """What is wrong with one row of an import."""

    row: Count = Field(description="Number of the row in the whole import, from 0")
    pointer: str
    detail: str


class Import(ExactObject):
    """How far an import is."""

    import_id: str
    next_offset: Count = Field(description="Number of the row to go on with")
    stored: Count
    rejected: Count
    unread: Count = Field(description="Examples that wait to be read before they count")
    created_at: datetime
    updated_at: datetime
    errors: list[RowError] = Field(max_length=100)


class PreviewedTriage(ExactObject):
    """The triage that a ticket would receive."""

    category: str
    request_type: str
    confidence: Share
    fits: bool = Field(
        description="False when nothing in the catalog fits: the ticket would have no category, and"
        " would wait in the triage queue"
    )
    likely_places: list[LikelyPlace]
    needs_review: bool
    priority: Priority
    priority_inputs: list[dict[str, Any]]
    summary: str
    evidence: list[dict[str, Any]]
    suspected_injection: bool
    provider: str
    model: str


class Previews(ExactObject):
    """A triage for each ticket that was sent."""

    results: list[PreviewedTriage]


class SimilarTickets(ExactObject):
    """Open tickets like a text, the most similar first."""

    results: list[SuggestedDuplicate]


class Interval(ExactObject):
    """Where the true share lies with 95 % certainty, by Wilson's score."""

    start: Share = Field(serialization_alias="from")
    end: Share = Field(serialization_alias="to")


class Judged(ExactObject):
    """Predictions that people judged, and the share that was right: unknown below 20."""

    judged: Count = Field(description="Predictions that people corrected or confirmed")
    accuracy: Share | None
    interval: Interval | None
    reason: str | None = Field(description="Why the accuracy is unknown")


class ByProvider(Judged):
    """Judged predictions of one provider."""

    provider: str | None
    model: str | None


class ByCategory(Judged):
    """Judged predictions of a category."""

    category: str = Field(description="What triage had said")
    unattended: Judged


class Tenth(ExactObject):
    """Judged predictions whose confidence lies in one tenth."""

    start: Share = Field(serialization_alias="from")
    judged: Count
    confidence: Share
    accuracy: Share


class Point(ExactObject):
    """The coverage at a wanted precision."""

    precision: Share
    threshold: float = Field(description="The lowest confidence that passes; above 1: none passes")
    coverage: Share


class ByTime(ExactObject):
    """The results on the newest fifth of the known tickets, learnt from the older ones."""

    since: datetime = Field(description="When the oldest of those tried came in")
    tried: Count
    accuracy: Share
    calibration_error: Share
    routing: list[Point]
    counts: bool = Field(
        description="It is worse than the other trial by more than chance, so triage goes by it"
    )


class Trained(ExactObject):
    """The active classifier, and its results on held-out known tickets."""

    examples: Count
    trained_at: datetime
    precision: Share = Field(description="ROUTING_PRECISION")
    coverage: Share | None = Field(description="The share of tickets that reaches it")
    tried: Count
    accuracy: Share
    calibration_error: Share
    request_types: Count
    trained_with: Count = Field(description="The newest ones, as many as there was time for")
    shares: dict[str, Share] = Field(description="What each opinion counts")
    sharpness: float = Field(description="The power that makes a stated confidence come true")
    routing: list[Point]
    by_time: ByTime | None = Field(description="Null: too few known tickets have a date")
    seconds: float


class Training(ExactObject):
    """A classifier in training."""

    examples: Count
    progress: Share
    started_at: datetime


class Promise(Judged):
    """What passed without a review in the last weeks, beside what was wanted."""

    days: Count
    precision: Share = Field(description="ROUTING_PRECISION")
    kept: bool | None = Field(
        description="False: fewer were right than wanted, by more than chance: words, products or"
        " the catalog have changed. Null: fewer than twenty were judged"
    )


class Quality(Judged):
    """The quality of triage."""

    days: int
    unmeasured_confidence: Share | None = Field(
        description="UNMEASURED_CONFIDENCE; `unattended` says how many of those it let pass were"
        " right. Null: nothing passes before it is measured"
    )
    promise: Promise
    triaged: Count
    coverage: Share | None = Field(description="The share that triage wanted no review of")
    unattended: Judged
    priorities: Judged
    categories: list[ByCategory] = Field(description="The most judged first")
    uncontested: Count = Field(description="Tickets that were solved with nothing said of triage")
    calibration_error: Share | None
    calibration: list[Tenth]
    providers: list[ByProvider]
    classifier: Trained | None
    training: Training | None
