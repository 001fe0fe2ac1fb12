"""Laws of the clock, for any calendar, history and time zone."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from deskhand.catalog.calendar import WEEK, Calendar
from deskhand.sla.clock import Clock
from deskhand.sla.clock_history import ClockHistory, clock_history_of
from deskhand.sla.periods import periods
from tests.unit.sla.build import due, elapsed

# Gaps and folds, of half an hour too, and zones beyond the date line.
ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Pacific/Chatham",
         "America/Santiago", "Asia/Kolkata")  # fmt: skip
# A walk over months takes its time where many run at once.
unhurried = settings(deadline=None)
START = datetime(2026, 1, 1, tzinfo=UTC)
STATUSES = ("open", "pending", "hold", "solved", "closed")
moments = st.integers(0, 400 * 86400 * 10**6).map(lambda us: START + timedelta(microseconds=us))
targets = st.integers(0, 40 * 3600 * 10**6).map(lambda us: timedelta(microseconds=us))


@st.composite
def hours(draw: st.DrawFn) -> list[str]:
    """Up to three intervals of a day, in order."""
    edges = sorted(draw(st.sets(st.integers(0, 96), max_size=6)))
    written = [f"{edge // 4:02}:{edge % 4 * 15:02}" for edge in edges]
    return [f"{a}-{b}" for a, b in zip(written[::2], written[1::2], strict=False)]


@st.composite
def calendars(draw: st.DrawFn) -> Calendar | None:
    """None now and then: around the clock."""
    if draw(st.integers(0, 5)) == 0:
        return None
    week = {day: draw(hours()) for day in WEEK}
    # One day must have hours, and many keep the walks short.
    week["tuesday"] = draw(st.sampled_from((["01:00-23:30"], ["00:00-12:15", "12:30-24:00"])))
    days = draw(st.sets(st.dates(START.date(), START.date() + timedelta(days=400)), max_size=5))
    return Calendar.model_validate(
        {
            "name": "any",
            "time_zone": draw(st.sampled_from(ZONES)),
            "hours": week,
            "holidays": [{"date": d.isoformat(), "hours": draw(hours())} for d in sorted(days)],
        }
    )


@st.composite
def logs(draw: st.DrawFn) -> tuple[datetime, list[dict[str, Any]]]:
    """When a ticket came in, and what happened to it."""
    start = draw(moments)
    gaps = draw(st.lists(st.integers(0, 5 * 86400 * 10**6), max_size=8))
    log: list[dict[str, Any]] = []
    at = start
    for gap in gaps:
        at += timedelta(microseconds=gap)
        if draw(st.booleans()):
            data = {"new": draw(st.sampled_from(STATUSES))}
            log.append({"kind": "ticket.status", "actor": "sam", "at": at, "data": data})
        else:
            pauses = sorted(draw(st.sets(st.sampled_from(("pending", "hold")))))
            log.append({"kind": "sla.due", "actor": "sla", "at": at, "data": {"pauses": pauses}})
    return start, log


histories = logs().map(lambda log: clock_history_of(*log))


@unhurried
@given(histories, calendars(), moments, moments, moments)
def test_elapsed_time_is_additive(
    history: ClockHistory, calendar: Calendar | None, one: datetime, two: datetime, three: datetime
) -> None:
    """F-I6: what counts until the end is what counts until any moment, and from there on."""
    first, middle, last = sorted((one, two, three))
    whole = [
        each
        for each in Clock(history, calendar).intervals(history.started_at, last)
        if each.counted
    ]
    cut = [
        max(timedelta(), min(each.end, end) - max(each.start, begin))
        for begin, end in ((history.started_at, first), (first, middle), (middle, last))
        for each in whole
    ]
    assert sum(cut, timedelta()) == elapsed(history, calendar, last)
    assert elapsed(history, calendar, first) <= elapsed(history, calendar, middle)


@unhurried
@given(histories, calendars(), targets, targets)
def test_more_time_is_never_due_earlier(
    history: ClockHistory, calendar: Calendar | None, one: timedelta, other: timedelta
) -> None:
    """F-I6"""
    less, more = (due(history, calendar, target) for target in sorted((one, other)))
    if less is None:
        assert more is None
    elif more is not None:
        assert less <= more


@unhurried
@given(histories, calendars(), targets)
def test_at_the_due_time_exactly_the_promise_has_been_used_up(
    history: ClockHistory, calendar: Calendar | None, target: timedelta
) -> None:
    """F-I6: also that it was not used up a moment earlier."""
    found = due(history, calendar, target)
    if found is None or _supposed(history, found):
        return
    assert elapsed(history, calendar, found) == target
    if target:
        before = found - timedelta(microseconds=1)
        assert elapsed(history, calendar, before) == target - timedelta(microseconds=1)


@unhurried
@given(logs(), calendars(), targets)
def test_reckoning_anew_is_replaying(
    log: tuple[datetime, list[dict[str, Any]]], calendar: Calendar | None, target: timedelta
) -> None:
    """F-I6: events one by one, as they come, or all at once: a due time once reached stays."""
    start, events = log
    whole = due(clock_history_of(start, events), calendar, target)
    for number in range(len(events)):
        # The first policy is the one that was there from the beginning.
        if any(event["kind"] == "sla.due" for event in events[:number]):
            known = clock_history_of(start, events[:number])
            then = due(known, calendar, target)
            if then is not None and then <= events[number]["at"] and not _supposed(known, then):
                assert whole == then
            elif then is not None and whole is not None:
                assert whole >= then


@unhurried
@given(
    histories, calendars(), targets, st.integers(0, 10), st.timedeltas(timedelta(), timedelta(9))
)
def test_a_further_pause_never_makes_it_due_earlier(
    history: ClockHistory, calendar: Calendar | None, target: timedelta, gap: int, pause: timedelta
) -> None:
    """F-I6"""
    last = max([history.started_at, *(move.at for move in history.moves)]) + timedelta(hours=gap)
    resumed = [
        {"kind": "ticket.status", "actor": "sam", "at": at, "data": {"new": new}}
        for at, new in ((last, "solved"), (last + pause, "open"))
    ]
    opened = [{**resumed[1], "at": last}]
    paused = due(_more(history, resumed), calendar, target)
    straight = due(_more(history, opened), calendar, target)
    assert paused is not None
    assert straight is not None
    assert straight <= paused


def _more(history: ClockHistory, events: list[dict[str, Any]]) -> ClockHistory:
    further = clock_history_of(history.started_at, events)
    return ClockHistory(history.started_at, history.moves + further.moves)


@unhurried
@given(histories, calendars(), moments)
def test_the_explanation_has_no_gap_and_no_overlap(
    history: ClockHistory, calendar: Calendar | None, until: datetime
) -> None:
    """F-I6"""
    told = list(Clock(history, calendar).intervals(history.started_at, until))
    if until <= history.started_at:
        assert told == []
        return
    assert (told[0].start, told[-1].end) == (history.started_at, until)
    for one, other in pairwise(told):
        assert one.end == other.start
        assert (one.counted, one.why) != (other.counted, other.why)
    assert all(each.length > timedelta() for each in told)


@unhurried
@given(calendars().filter(bool), moments)
def test_an_instant_counts_when_the_wall_clock_says_so(calendar: Calendar, at: datetime) -> None:
    """F-I6: compared with the wall clock itself, by another way of calculation."""
    around = list(periods(calendar, at - timedelta(hours=1), at + timedelta(hours=1)))
    [piece] = [each for each in around if each.start <= at < each.end]
    wall = at.astimezone(ZoneInfo(calendar.time_zone)).replace(tzinfo=None)
    special = {each.date: each.hours for each in calendar.holidays}
    written = special.get(wall.date().isoformat(), calendar.hours.days[wall.weekday()])
    minutes = (wall - datetime.combine(wall.date(), datetime.min.time())) / timedelta(minutes=1)
    open_now = any(_minutes(text[:5]) <= minutes < _minutes(text[6:]) for text in written)
    assert piece.open == open_now


def _supposed(history: ClockHistory, found: datetime) -> bool:
    """Whether it is the due time that a solved ticket would have if it were reopened at once."""
    final = history.phases[-1]
    return final.stopped and found > final.start


def _minutes(text: str) -> int:
    return int(text[:2]) * 60 + int(text[3:])
