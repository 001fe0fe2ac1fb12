"""What `GET /tickets/{id}/sla` answers, field by field."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from deskhand.reference.answers import Count, Priority, Status
from deskhand.reference.prepared import ExactObject


class CalendarName(ExactObject):
    """The calendar by which the time runs."""

    name: str
    time_zone: str = Field(description="IANA name", examples=["Europe/Berlin"])


class TargetState(ExactObject):
    """A promise, and how much of it is used up."""

    target_seconds: float = Field(ge=0, description="Counted time that was promised")
    elapsed_seconds: float = Field(ge=0, description="Counted time so far")
    remaining_seconds: float = Field(description="Negative when it is late")
    due_at: datetime | None = Field(description="Null while the clock is paused")
    state: Literal["open", "met", "breached"]


class ResponseState(TargetState):
    """The promise of a first response."""

    responded_at: datetime | None = Field(
        description="When a person first changed the status or assigned the ticket"
    )


class StageAhead(ExactObject):
    """The warning (level 0) or a level of a breach that comes next."""

    level: Count
    at: datetime


class CountedInterval(ExactObject):
    """A stretch of time that counts or does not count."""

    from_: datetime = Field(alias="from")
    to: datetime
    seconds: float = Field(ge=0)
    counted: bool
    why: str = Field(
        description="`working hours`, `outside working hours`, `break` between the hours of a day,"
        " `weekend` (Friday to Sunday) or another `day off`, `holiday: NAME`, `around the clock`,"
        " `paused: STATUS`, or the status of a finished ticket",
        examples=["working hours", "holiday: Christmas", "paused: pending"],
    )


class TargetRule(ExactObject):
    """The promise of the catalog that gave the target of the resolution."""

    category: str | None = Field(description="Null: the triage queue")
    request_type: str | None
    priority: Priority | None = Field(
        description="Null: the target holds for every priority without one of its own"
    )
    unit: Literal["minutes", "hours", "days"] = Field(
        description="By a calendar, a day is a working day"
    )
    value: float = Field(ge=0)


class StageReached(ExactObject):
    """The warning or a level of a breach that has happened, once."""

    level: Count
    due_at: datetime | None = Field(description="As it was then")
    at: datetime
    notices: Count
    sent: Count


class Clock(ExactObject):
    """A ticket's clock: a function of the catalog's version and of the ticket's events."""

    ticket_id: UUID
    status: Status
    category: str | None
    request_type: str | None
    priority: Priority | None
    catalog_version: str | None
    reckoned: bool = Field(
        description="False: the due time is not calculated yet, or is to be recalculated"
    )
    as_of: datetime
    sentence: str = Field(
        description="All of it in words",
        examples=[
            "Due on Monday 2026-11-30 at 16:30 (Europe/Berlin): 8 hours for Network / VPN access,"
            " of which 30 min has passed; not counted until then: outside working hours, weekend,"
            " break."
        ],
    )
    clock: Literal["running", "outside hours", "paused", "stopped"]
    calendar: CalendarName | None = Field(description="Null: the time runs around the clock")
    pauses_on: list[Literal["hold", "pending"]]
    rule: TargetRule | None = Field(description="Null: nothing is promised")
    resolution: TargetState | None = Field(description="Null: nothing is promised")
    first_response: ResponseState | None = Field(description="Null: nothing is promised")
    ahead: list[StageAhead]
    intervals: list[CountedInterval] = Field(description="From its arrival until `as_of`")
    intervals_ahead: list[CountedInterval] = Field(
        description="From `as_of` until `due_at`; empty while no due time lies ahead"
    )
    intervals_complete: bool = Field(
        description="False: only the newest 1,000 of the past or the next 1,000 ahead are listed"
    )
    escalations: list[StageReached]
