"""The clock once more, as simply as it can be said: tick by tick, by a look at the wall clock."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from deskhand.catalog.calendar import Calendar
from deskhand.sla.clock_history import ClockHistory


class SlowClock:
    """Counts the ticks of a ticket's time; everything that it meets changes between two ticks."""

    def __init__(
        self, history: ClockHistory, calendar: Calendar, tick: timedelta, last: datetime
    ) -> None:
        self.history, self.calendar, self.tick = history, calendar, tick
        self.zone = ZoneInfo(calendar.time_zone)
        self.special = {each.date: each.hours for each in calendar.holidays}
        self.counted = list(self._counted(last))

    def due(self, target: timedelta) -> datetime | None:
        """The end of the tick in which the target is used up; None: that comes after `last`."""
        ticks = -(-target // self.tick)
        return self.counted[ticks - 1] + self.tick if ticks <= len(self.counted) else None

    def elapsed_time(self) -> timedelta:
        """The time of all ticks that count until `last`."""
        return self.tick * len(self.counted)

    def _counted(self, until: datetime) -> Iterator[datetime]:
        at = self.history.started_at
        while at < until:
            if self._runs(at) and self._open(at):
                yield at
            at += self.tick

    def _runs(self, at: datetime) -> bool:
        """Whether the ticket is worked on, as its log says; the first policy holds from before."""
        moves = self.history.moves
        status = "new"
        pauses = next((each.pauses for each in moves if each.pauses is not None), frozenset())
        for move in moves:
            if move.at <= at:
                status = move.status or status
                pauses = pauses if move.pauses is None else move.pauses
        return status not in pauses and status not in ("solved", "closed")

    def _open(self, at: datetime) -> bool:
        """Whether the wall clock shows a time within the hours of the date that it shows."""
        wall = at.astimezone(self.zone)
        text = wall.isoformat()
        date, now = text[:10], text[11:16]
        usual = self.special.get(date[5:], self.calendar.hours.days[wall.weekday()])
        hours = self.special.get(date, usual)
        return any(text[:5] <= now < text[6:] for text in hours)
