"""Explains a ticket's due time in one sentence."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from deskhand.sla.clock import Clock, Interval
from deskhand.sla.terms import SlaTerms, TargetRule

_MINUTE = timedelta(minutes=1)


def sentence(clock: Clock, terms: SlaTerms, now: datetime, ahead: Sequence[Interval]) -> str:
    """The target, the due time, and the time until then that does not count."""
    if terms.target is None or terms.rule is None:
        return "Nothing is promised, so there is no due time."
    last = clock.history.phases[-1]
    used, promised = clock.elapsed_time(now), _promise(terms.rule)
    if last.paused:
        left = _length(terms.target - used) if used < terms.target else "nothing"
        return (
            f"No due time while the status is {last.status}: the clock stands,"
            f" and {left} of {promised} is left when it goes on."
        )
    if last.stopped:
        verb = "In time" if used <= terms.target else "Late"
        return f"{verb}: {last.status} after {_length(used)} of {promised}."
    due_at = clock.due(terms.target)
    if due_at is None:
        return f"The calendar has no time left in which {promised} can pass."
    if due_at < now:
        late = _length(used - terms.target)
        return (
            f"Overdue since {_moment(due_at, terms)}: {promised}, and {late} of counted time more."
        )
    passed = f"{promised}, of which {_length(used)} has passed"
    return f"Due on {_moment(due_at, terms)}: {passed}{_skipped(ahead)}."


def _promise(rule: TargetRule) -> str:
    """The rule in words: 8 hours for Network / VPN access with priority high."""
    unit = rule.unit.removesuffix("s") if rule.value == 1 else rule.unit
    priority = f" with priority {rule.priority}" if rule.priority else ""
    kind = f"{rule.category} / {rule.request_type}" if rule.category else "the triage queue"
    return f"{rule.value:g} {unit} for {kind}{priority}"


def _skipped(ahead: Sequence[Interval]) -> str:
    reasons = dict.fromkeys(each.why for each in ahead if not each.counted)
    return f"; not counted until then: {', '.join(reasons)}" if reasons else ""


def _moment(at: datetime, terms: SlaTerms) -> str:
    """The instant as the wall clock of the calendar shows it."""
    zone = ZoneInfo(terms.calendar.time_zone) if terms.calendar else UTC
    return f"{at.astimezone(zone):%A %Y-%m-%d at %H:%M} ({zone})"


def _length(length: timedelta) -> str:
    """In hours and minutes, without seconds."""
    hours, minutes = divmod(length // _MINUTE, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"
