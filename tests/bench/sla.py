"""Due times: the processor time that a step needs, for the sample catalog and hostile tickets.

A step goes from the rows of the event log to the due time and all stages of the escalation.
"first" is the first call of a process, which looks for changes of the clocks in the years ahead;
"then" is the median of the calls after it.
"""

import itertools
import statistics
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import yaml
from rich.console import Group
from rich.table import Table

from deskhand.catalog.calendar import WEEK, Calendar
from deskhand.catalog.parse import parse_catalog
from deskhand.catalog.sla import Escalation, Level
from deskhand.sla import counted_time, utc_offsets
from deskhand.sla.clock_history import clock_history_of
from deskhand.sla.schedule import NOTHING_YET, schedule_of
from deskhand.sla.terms import SlaTerms, terms_of
from embedded.emulator import ROOT

GOAL_MS = 2.0
CALLS = 15
PRIORITIES = ("low", "medium", "high", "critical")
START = datetime(2026, 11, 30, 9, 17, 3, 123456, tzinfo=UTC)

type Log = list[dict[str, Any]]


def measure() -> Group:
    """The sample catalog's request types, and what strangers could make of catalog and ticket."""
    return Group(_samples(), _hostile())


def _samples() -> Table:
    catalog = parse_catalog(yaml.safe_load((ROOT / "localstack/samples/catalog.yaml").read_text()))
    table = _table("due times of the sample catalog, every type in every priority")
    logs = {"a new ticket": [], "after 20 holds": _holds(20)}
    for name, log in logs.items():
        found = {
            f"{entry.request.name}, {priority}": _timed(
                terms_of(catalog, entry.category.name, entry.request.name, priority), log
            )
            for entry in catalog.entries
            for priority in PRIORITIES
        }
        worst = max(found, key=lambda kind: found[kind][1])
        table.add_row(f"{name}: slowest of {len(found)} ({worst})", *_shown(found[worst]))
    return table


def _hostile() -> Table:
    table = _table("hostile calendars, targets and histories")
    kinds = itertools.product(_calendars(), _targets(), _logs())
    found = {
        (calendar, target, log): _timed(_terms(by, years), events)
        for (calendar, by), (target, years), (log, events) in kinds
    }
    for (calendar, target, log), times in sorted(found.items(), key=lambda each: -each[1][1])[:8]:
        table.add_row(f"{calendar}; {target}; {log}", *_shown(times))
    first = max(found, key=lambda kind: found[kind][0])
    table.add_row("slowest first call: " + "; ".join(first), *_shown(found[first]), style="dim")
    table.caption = f"the 8 slowest of {len(found)} kinds; goal: <= {GOAL_MS} ms"
    return table


def _timed(terms: SlaTerms, log: Log) -> tuple[float, float]:
    """Milliseconds of the processor of the first call of a process, and of a later one."""
    counted_time.counted_time_of.cache_clear()
    utc_offsets._changes.cache_clear()

    def work() -> None:
        schedule_of(clock_history_of(START, log), terms, "open", NOTHING_YET)

    first, *then = [_milliseconds(work) for _ in range(1 + CALLS)]
    return first, statistics.median(then)


def _milliseconds(work: Callable[[], None]) -> float:
    start = time.process_time()
    work()
    return (time.process_time() - start) * 1000


def _terms(calendar: Calendar | None, years: float) -> SlaTerms:
    """As much counted time as there is in so many years without holidays."""
    share = calendar.week / timedelta(days=7) if calendar else 1
    target = timedelta(days=365) * years * share
    nine = tuple(
        Level.model_validate({"after": {"unit": "hours", "value": hours}}) for hours in range(9)
    )
    return SlaTerms(target=target, calendar=calendar, escalation=Escalation(levels=nine))


def _calendars() -> Iterator[tuple[str, Calendar | None]]:
    office = {day: ["08:00-12:00", "13:00-17:00"] for day in WEEK[:5]}
    always = {day: ["00:00-24:00"] for day in WEEK}
    pieces = {day: [f"{hour:02}:00-{hour:02}:30" for hour in range(24)] for day in WEEK}
    yearly = [(date(2024, 1, 1) + timedelta(days=n)).isoformat()[5:] for n in range(366)]
    dated = [(date(2026, 1, 1) + timedelta(days=2 * n)).isoformat() for n in range(634)]
    yield "no calendar", None
    yield "UTC around the clock", _calendar("UTC", always)
    yield "office in Berlin", _calendar("Europe/Berlin", office, yearly[:10])
    yield "clocks that change 4 times a year", _calendar("Africa/Casablanca", office, yearly[:10])
    yield "a minute a week", _calendar("Europe/Berlin", {"monday": ["09:00-09:01"]})
    yield "24 intervals a day, 300 holidays", _calendar("America/New_York", pieces, yearly[:300])
    yield "1,000 holidays", _calendar("Australia/Lord_Howe", office, dated + yearly)
    yield "holidays only", _calendar("Europe/Berlin", always, yearly)


def _calendar(
    zone: str, hours: dict[str, list[str]], holidays: list[str] | None = None
) -> Calendar:
    return Calendar.model_validate(
        {"name": "any", "time_zone": zone, "hours": hours, "holidays": holidays or []}
    )


def _targets() -> Iterator[tuple[str, float]]:
    """Years; a catalog may promise ten at most."""
    yield "a day", 1 / 365
    yield "a year", 1
    yield "ten years", 10


def _logs() -> Iterator[tuple[str, Log]]:
    yield "new", []
    yield "100 holds", _holds(100)
    yield "200 changes of priority", _policies(200)


def _holds(number: int) -> Log:
    return [
        {"kind": "ticket.status", "actor": "sam", "at": _moment(2 * each + n), "data": {"new": new}}
        for each in range(number)
        for n, new in enumerate(("hold", "open"))
    ]


def _policies(number: int) -> Log:
    """Each writes down which statuses pause from then on."""
    return [
        {"kind": "sla.due", "actor": "sla", "at": _moment(each), "data": {"pauses": pauses}}
        for each in range(number)
        for pauses in [["hold"] if each % 2 else ["hold", "pending"]]
    ]


def _moment(number: int) -> datetime:
    return START + timedelta(hours=7, seconds=31, microseconds=3) * (number + 1)


def _table(title: str) -> Table:
    table = Table(title=title)
    for column in ("", "first ms", "then ms"):
        table.add_column(column, justify="left" if not column else "right")
    return table


def _shown(times: tuple[float, float]) -> tuple[str, str]:
    return f"{times[0]:.2f}", f"{times[1]:.3f}"
