"""A catalog's SLA: promises, pausing statuses, and escalation after a breach."""

import re
from datetime import timedelta
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_core import PydanticCustomError

from deskhand.catalog.calendar import Calendar
from deskhand.catalog.fields import Name, Strict, not_empty

# A display name or a second address could inject a mail header.
_ADDRESS = re.compile(r"mailto:[\w.!#$%&'*+/=?^`{|}~-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+", re.A)
_HOOK = re.compile(r"https?://[!-~]+")

type PauseStatus = Literal["pending", "hold"]
PAUSES: tuple[PauseStatus, ...] = ("pending", "hold")


def _recipient(text: str) -> str:
    if text != "topic" and not _ADDRESS.fullmatch(text) and not _HOOK.fullmatch(text):
        raise PydanticCustomError(
            "recipient", "must be topic, mailto:somebody@example.com or https://example.com/hook"
        )
    return text


type Recipients = Annotated[
    tuple[Annotated[str, Field(max_length=500), AfterValidator(_recipient)], ...],
    Field(max_length=10, strict=False),
    AfterValidator(not_empty),
]
type Pauses = Annotated[tuple[PauseStatus, ...], Field(strict=False)]


_DECIMAL = re.compile(r"[0-9]{1,6}(?:\.[0-9]{1,6})?", re.A)


def _as_number(value: object) -> object:
    """Catalogs of helpdesks write numbers as texts too."""
    if isinstance(value, str) and _DECIMAL.fullmatch(value.strip()):
        return float(value)
    return value


class Promise(Strict):
    """A length of time; 0 is a value. With a calendar it is working time, a day a working day."""

    unit: Literal["minutes", "hours", "days"]
    value: Annotated[
        float, Field(ge=0, le=100_000, allow_inf_nan=False), BeforeValidator(_as_number)
    ]

    def duration(self, calendar: Calendar | None) -> timedelta:
        """How much counted time it is, to the microsecond."""
        if self.unit == "days" and calendar is not None:
            return calendar.day * self.value
        return timedelta(**{self.unit: self.value})


class Target(Promise):
    """The time to solution and, if promised too, to the first response."""

    first_response: Promise | None = None


class ByPriority(Strict):
    """Separate targets for some priorities."""

    low: Target | None = None
    medium: Target | None = None
    high: Target | None = None
    critical: Target | None = None


class Sla(Target):
    """How long a request of this type may take; other targets for some priorities."""

    by_priority: ByPriority = ByPriority()

    def target(self, priority: str | None) -> Target:
        """The target of a ticket with that priority."""
        return getattr(self.by_priority, priority or "", None) or self


class Level(Strict):
    """A level of escalation, reached once, that much counted time after the due time; notices show
    its name."""

    name: Name | None = None
    after: Promise = Promise(unit="minutes", value=0)
    raise_priority: bool = False
    notify: Recipients | None = None


class Escalation(Strict):
    """When people are warned, in percent of the promised time, and the levels after a breach.

    `notify` receives the warning, and each level without recipients of its own.
    """

    warn_at: Annotated[int, Field(ge=1, le=99)] | None = 80
    levels: Annotated[tuple[Level, ...], Field(max_length=9, strict=False)] = (Level(),)
    notify: Recipients = ("topic",)

    def recipients(self, level: int) -> tuple[str, ...]:
        """The recipients of the warning (0) or of a level (from 1)."""
        own = self.levels[level - 1].notify if level else None
        return tuple(dict.fromkeys(own or self.notify))
