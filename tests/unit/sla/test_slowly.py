"""What the tables find is what a walk tick by tick finds, in every zone and over years."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import available_timezones

from hypothesis import given, settings
from hypothesis import strategies as st

from deskhand.catalog.calendar import WEEK, Calendar
from deskhand.sla.clock import Clock
from deskhand.sla.clock_history import ClockHistory, clock_history_of
from tests.unit.sla.slowly import SlowClock

MINUTE, QUARTER = timedelta(minutes=1), timedelta(minutes=15)
STATUSES = ("open", "open", "pending", "hold", "solved")
# Clocks that went wrong elsewhere: half and quarter hours, changes a minute past midnight, days
# that never were, two changes a month apart, offsets that changed for good, hours of winter only.
CHANGES = [
    ("Europe/Berlin", "2026-03-29"), ("Europe/Berlin", "2026-10-25"),
    ("America/New_York", "2007-03-11"), ("America/St_Johns", "2010-11-07"),
    ("Australia/Lord_Howe", "2026-04-05"), ("Pacific/Apia", "2011-12-30"),
    ("Pacific/Kwajalein", "1993-08-21"), ("America/Caracas", "2007-12-09"),
    ("America/Caracas", "2016-05-01"), ("Asia/Pyongyang", "2015-08-15"),
    ("Asia/Pyongyang", "2018-05-05"), ("Africa/Casablanca", "2026-02-15"),
    ("Africa/Casablanca", "2026-03-22"), ("Asia/Kathmandu", "1986-01-01"),
    ("Asia/Singapore", "1982-01-01"), ("Europe/Volgograd", "2020-12-27"),
    ("Asia/Gaza", "2011-08-30"), ("Asia/Gaza", "2054-03-28"), ("America/Recife", "2000-10-08"),
    ("Europe/Dublin", "2026-10-25"), ("Antarctica/Troll", "2026-03-29"),
]  # fmt: skip


@st.composite
def calendars(
    draw: st.DrawFn, zone: str, minutes: int, first: date, days: int, closed: bool = True
) -> Calendar:
    """Hours that begin and end at multiples of some minutes, and holidays of all kinds."""
    week = {day: draw(hours(minutes)) for day in WEEK}
    if not closed or not any(week.values()):
        week["tuesday"] = ["06:00-22:00"]
    special = draw(st.sets(st.integers(-1, days), max_size=6))
    holidays: list[dict[str, Any]] = []
    for number in sorted(special):
        day = (first + timedelta(days=number)).isoformat()
        written = draw(st.sampled_from((day, day[5:])))
        if written not in [each["date"] for each in holidays]:
            holidays.append({"date": written, "hours": draw(hours(minutes))})
    return Calendar.model_validate(
        {"name": "any", "time_zone": zone, "hours": week, "holidays": holidays}
    )


@st.composite
def hours(draw: st.DrawFn, minutes: int) -> list[str]:
    """Up to three intervals of a day, in order."""
    edges = sorted(draw(st.sets(st.integers(0, 24 * 60 // minutes), max_size=6)))
    written = [f"{at * minutes // 60:02}:{at * minutes % 60:02}" for at in edges]
    return [f"{a}-{b}" for a, b in zip(written[::2], written[1::2], strict=False)]


@st.composite
def histories(draw: st.DrawFn, start: datetime, step: timedelta, most: int) -> ClockHistory:
    """What people did to a ticket, always at a whole tick after its start."""
    log: list[dict[str, Any]] = []
    at = start
    for gap in draw(st.lists(st.integers(0, most), max_size=6)):
        at += gap * step
        if draw(st.booleans()):
            data = {"new": draw(st.sampled_from(STATUSES))}
            log.append({"kind": "ticket.status", "actor": "sam", "at": at, "data": data})
        else:
            pauses = sorted(draw(st.sets(st.sampled_from(("pending", "hold")))))
            log.append({"kind": "sla.due", "actor": "sla", "at": at, "data": {"pauses": pauses}})
    return clock_history_of(start, log)


@settings(deadline=None, max_examples=40)
@given(st.data(), st.sampled_from(CHANGES), st.integers(-4 * 1440, 1440), st.integers(1, 5000))
def test_each_minute_around_a_change_of_the_clocks(
    data: st.DataObject, change: tuple[str, str], before: int, target: int
) -> None:
    """F-I6"""
    zone, day = change
    noon = datetime.fromisoformat(day).replace(tzinfo=UTC)
    start = noon + before * MINUTE
    calendar = data.draw(calendars(zone, 1, noon.date() - timedelta(days=3), 8))
    history = data.draw(histories(start, MINUTE, 1440))
    _alike(history, calendar, target * MINUTE, MINUTE, start + timedelta(days=7))


# Those keep whole quarters of an hour in these years, and change their clocks at one.
ZONES = sorted(
    zone for zone in available_timezones()
    if zone.startswith(("Africa", "America", "Asia", "Australia", "Europe", "Pacific"))
    and zone not in {"America/St_Johns", "Asia/Gaza", "Asia/Hebron"}
)  # fmt: skip


@settings(deadline=None, max_examples=12)
@given(
    st.data(),
    st.sampled_from(ZONES),
    st.integers(2012, 2100),
    st.integers(0, 366 * 96),
    st.integers(1, 2 * 366 * 96),
)
def test_each_quarter_of_an_hour_for_years(
    data: st.DataObject, zone: str, year: int, quarters: int, target: int
) -> None:
    """F-I6: over ends of years, leap days, and holidays that come again."""
    start = datetime(year, 1, 1, tzinfo=UTC) + quarters * QUARTER
    calendar = data.draw(calendars(zone, 15, start.date(), 366, closed=False))
    history = data.draw(histories(start, QUARTER, 96 * 90))
    _alike(history, calendar, target * QUARTER, QUARTER, start + timedelta(days=700))


def test_an_offset_of_half_minutes() -> None:
    """F-I6: Liberia was 44 minutes and 30 seconds behind until 1972-01-07."""
    hours_of_night = {"tuesday": ["06:00-22:00"], "thursday": ["20:00-24:00"],
                      "friday": ["00:00-00:30", "00:44-02:00"]}  # fmt: skip
    calendar = Calendar.model_validate(
        {"name": "any", "time_zone": "Africa/Monrovia", "hours": hours_of_night}
    )
    start = datetime(1972, 1, 6, 18, tzinfo=UTC)
    history = clock_history_of(start, [])
    for minutes in (1, 200, 269, 270, 271, 345):
        _alike(history, calendar, minutes * MINUTE, MINUTE / 2, start + timedelta(days=1))


def _alike(
    history: ClockHistory, calendar: Calendar, target: timedelta, tick: timedelta, last: datetime
) -> None:
    quick, slow = Clock(history, calendar), SlowClock(history, calendar, tick, last)
    assert quick.elapsed_time(last) == slow.elapsed_time()
    found, walked = quick.due(target), slow.due(target)
    if walked is None and history.phases[-1].stopped:
        return  # What is found then is the due time that it would have if it were reopened.
    assert walked == (found if found and found <= last else None)
