"""Days as the desk's time zone cuts them."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from deskhand.store.daily_figures import AnalysisWindow

# After a solution a ticket may come back, and after triage a person may change it, for so long.
MATURE_DAYS = 7


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """The moment at which the day begins; where clocks skip midnight, the moment they do."""
    return datetime.combine(day, time(), zone)


def today(asked: AnalysisWindow) -> date:
    """The day up to which is counted."""
    return asked.as_of.astimezone(ZoneInfo(asked.zone)).date()


def mature(asked: AnalysisWindow) -> date:
    """The day before which a solution or a triage is old enough to be judged."""
    return today(asked) - timedelta(days=MATURE_DAYS)


def start_before(asked: AnalysisWindow) -> datetime:
    """The first moment of the window before."""
    return midnight(asked.before, ZoneInfo(asked.zone))
