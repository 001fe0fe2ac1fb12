"""What /analytics answers: figures, each with the tickets behind it."""

from datetime import date, datetime
from typing import Literal

from pydantic import Field

from deskhand.reference.answers import Count, Priority
from deskhand.reference.prepared import ExactObject


class Figure(ExactObject):
    """A value beside that of the window before."""

    value: float | None = Field(description="Null where it is unknown; `reason` says why")
    n: Count = Field(description="From so many tickets or moves")
    before: float | None = Field(description="The same of the equally long window before")
    change: float | None = Field(description="`value` less `before`")
    list: str | None = Field(
        description="Query string of `GET /tickets` for exactly the tickets behind it; of a share,"
        " for those that are the part"
    )
    reason: str | None


class FigureOfPart(Figure):
    """The figure of one kind, channel, category or priority."""

    part: str | None = Field(description="Null: the tickets have none")


class Window(ExactObject):
    """The days that were counted."""

    time_zone: str = Field(description="IANA name of the zone in which days begin")
    as_of: datetime = Field(description="What happened until then is counted")
    complete: bool = Field(description="False while tickets of before are still being counted")
    start: date = Field(alias="from")
    end: date = Field(alias="to", description="The day before which it ends")
    before: date = Field(description="The first day of the window to compare with")
    is_partial: bool = Field(description="The window goes on after `as_of`")


class SummaryFigures(ExactObject):
    """Counts and shares of a window."""

    created: Figure
    solved: Figure = Field(description="Moves into solved")
    solved_first: Figure = Field(description="Tickets solved for the first time")
    solved_again: Figure = Field(description="Moves into solved after the first one")
    closed: Figure = Field(description="Closed without being solved")
    reopened: Figure = Field(description="Moves from solved or closed back to work")
    triage_done: Figure = Field(description="Of the tickets created: a run completed")
    triage_running: Figure
    triage_failed: Figure
    unanswered: Figure = Field(description="Of the tickets created: no person has responded yet")
    review_asked: Figure
    review_decided: Figure = Field(description="Of those, decided by a person")
    linked: Figure = Field(description="Of the tickets created: linked to an original")
    breached: Figure = Field(description="Tickets whose first breach lies in the window")
    reopened_share: Figure = Field(
        description="Solutions undone within 7 days, of those at least 7 days old"
    )
    reassigned_share: Figure = Field(
        description="Tickets whose route, category or type a person changed within 7 days of"
        " triage, of those triaged at least 7 days ago"
    )
    coverage: Figure = Field(description="The share that triage wanted no review of")
    linked_share: Figure
    unlinked_share: Figure = Field(description="Links that a person removed")
    warnings_met: Figure = Field(description="Warned about, and done before a breach")
    resolution_attainment: Figure = Field(description="Met, of those met or missed")
    response_attainment: Figure
    drafts_sent_unchanged: Figure
    drafts_edited: Figure
    drafts_discarded: Figure
    drafts_edit_size: Figure = Field(description="The share of characters that people changed")


class CreatedBy(ExactObject):
    """The tickets created, divided."""

    kind: list[FigureOfPart]
    channel: list[FigureOfPart]
    category: list[FigureOfPart]
    priority: list[FigureOfPart]


class Balance(ExactObject):
    """to = from + created + reopened - solved - closed - deleted. A deleted ticket counts until it
    was deleted."""

    opened: Count = Field(alias="from")
    created: Count
    reopened: Count
    solved: Count
    closed: Count
    deleted: Count
    to: Count


class Age(ExactObject):
    """Open tickets of an age."""

    days: str
    n: Count


class Backlog(Figure):
    """The open tickets at the end of the window; ages and waits are those of now."""

    balance: Balance
    ages: list[Age]
    oldest: datetime | None
    waiting_for_customer: Count = Field(description="Those with status pending")
    waiting_for_us: Count


class Level(ExactObject):
    """Tickets that reached a level of escalation."""

    level: int
    n: Count


class Models(ExactObject):
    """Calls of models, and their cost as far as the price is known; with a filter unknown."""

    calls: Figure
    unpriced: Figure = Field(description="Calls without a price: the cost is at least that")
    cost_usd: Figure
    cost_of_1000_triaged: Figure
    cached_share: Figure
    fallback_share: Figure
    latency_ms_median: Figure = Field(
        description="Of the newest 20,000 answers; those from the cache are none"
    )
    latency_ms_p90: Figure


class Summary(Window):
    """The window in numbers."""

    figures: SummaryFigures
    created_by: CreatedBy
    backlog: Backlog
    breaches_by_level: list[Level]
    models: Models


class Duration(ExactObject):
    """Seconds that something took."""

    n: Count
    exact: bool = Field(description="False: from buckets of 5 %, at most 2.5 % off")
    reason: str | None
    median: Figure
    p90: Figure


class Promises(ExactObject):
    """Promises kept, of those that were met or fell due."""

    response: Figure
    resolution: Figure


class OfPriority(Promises):
    """The window of one priority."""

    priority: Priority | None
    created: Figure
    solved: Figure
    reopened: Figure
    breached: Figure
    backlog: Figure
    seconds_to_response: Duration
    seconds_to_resolution: Duration


class Priorities(Window):
    """The window by priority."""

    priorities: list[OfPriority]


class Bucket(ExactObject):
    """A day or a week."""

    start: date = Field(alias="from")
    end: date = Field(alias="to")
    is_partial: bool
    created: Count
    reopened: Count
    solved: Count
    closed: Count
    deleted: Count
    backlog: int = Field(description="Open tickets at its end")


class Trends(Window):
    """The window day by day, or week by week."""

    by: Literal["day", "week"]
    buckets: list[Bucket]


class Durations(ExactObject):
    """Seconds by the calendar of each ticket; those with `wall` by the clock on the wall."""

    seconds_to_triage: Duration
    seconds_to_response: Duration
    wall_seconds_to_response: Duration
    seconds_to_resolution: Duration = Field(description="Until first solved, without pauses")
    wall_seconds_to_resolution: Duration
    seconds_to_last_resolution: Duration
    seconds_to_review: Duration


class OfItem(Promises):
    """Promises of an item of the catalog: met, or missed, also by a ticket that is still open."""

    item: str | None = Field(description="Null: the tickets have none")
    response_met: Count
    response_missed: Count
    resolution_met: Count
    resolution_missed: Count


class Person(ExactObject):
    """What a person did."""

    person: str
    solved: Count
    first_responses: Count
    corrections: Count


class Performance(Window):
    """How long things take, and by whom they are done."""

    durations: Durations
    promises: Promises
    promises_by_item: list[OfItem]
    people: list[Person] = Field(description="An agent sees themselves only")
