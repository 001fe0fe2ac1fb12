"""The days that a request of /analytics asks for, cut at midnights of the desk's time zone."""

import hashlib
import re
from dataclasses import replace
from datetime import date, timedelta
from http import HTTPStatus
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_core import PydanticCustomError

from deskhand.analytics.days import mature, midnight, start_before, today
from deskhand.api import query
from deskhand.api.caller import Caller
from deskhand.api.problem import problem_of
from deskhand.api.query import Filters
from deskhand.store import analytics, daily_figures
from deskhand.store.connection import Connection
from deskhand.store.daily_figures import AnalysisWindow

_MOST_DAYS = 366
_DAY = timedelta(days=1)
_WRITTEN = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
# Every window between them, and the one before it, has its midnights in any time zone.
_FIRST, _LAST = date(1970, 1, 1), date(2999, 12, 31)


def _written(text: object) -> object:
    # pydantic alone would read a bare number as seconds since 1970.
    if isinstance(text, str) and not _WRITTEN.fullmatch(text):
        raise PydanticCustomError("day", "must be a day like 2026-01-31")
    return text


def possible(day: date) -> date:
    """Validator: a day that has midnights in every time zone."""
    if not _FIRST <= day <= _LAST:
        raise PydanticCustomError("day", f"must be a day from {_FIRST} to {_LAST}")
    return day


Day = Annotated[date, BeforeValidator(_written), AfterValidator(possible)]


class AnalyticsParameters(Filters):
    """The query parameters of /analytics: days, and the filters of `GET /tickets`."""

    days: Annotated[int, Field(ge=1, le=_MOST_DAYS), BeforeValidator(query.digits)] | None = Field(
        None, description="So many days up to today; 30 when neither this nor `from` is sent"
    )
    since: Day | None = Field(
        None, alias="from", description="The first day, like 2026-01-31; none before 1970"
    )
    until: Day | None = Field(
        None, alias="to", description="The day before which the window ends; tomorrow if not sent"
    )


def window(conn: Connection, parameters: AnalyticsParameters) -> AnalysisWindow:
    """The days asked for; raises a 400 Problem that names the wrong parameter."""
    known = analytics.state(conn)
    zone = ZoneInfo(known["time_zone"])
    tomorrow = known["as_of"].astimezone(zone).date() + _DAY
    start, end = _days(parameters, tomorrow)
    return AnalysisWindow(
        zone=known["time_zone"],
        as_of=known["as_of"],
        complete=known["counted"] and known["complete"],
        before=start - (end - start),
        start=start,
        end=end,
        moments=(midnight(start, zone), midnight(end, zone)),
        filter=parameters.filter,
    )


def select(
    conn: Connection,
    asked: AnalysisWindow,
    parameters: AnalyticsParameters,
    *,
    by_day: bool = False,
) -> AnalysisWindow:
    """With a filter, the same with the figures of its tickets, `by_day` for each day apart; raises
    a 400 Problem when there are too many tickets."""
    if not asked.filter:
        return asked
    cuts = {asked.before, asked.start, min(today(asked), asked.end), min(mature(asked), asked.end)}
    if by_day:
        cuts |= {asked.start + _DAY * day for day in range((asked.end - asked.start).days)}
    inside = sorted(cut for cut in cuts if cut >= asked.before)
    found = daily_figures.select(conn, asked, start_before(asked), inside)
    if found is not None:
        return replace(asked, selected=found)
    detail = (
        f"the filter selects more than {daily_figures.MOST_SELECTED:,} tickets of these days"
        " and of as many before them: ask for fewer days, or for fewer tickets"
    )
    raise problem_of(HTTPStatus.BAD_REQUEST, "from" if parameters.since else "days", detail)


def version(
    asked: AnalysisWindow, path: str, caller: Caller, parameters: AnalyticsParameters
) -> str:
    """What an answer follows from: all that was counted, for whom, and what was asked."""
    state = [asked.as_of, asked.zone, asked.complete, path, caller.id, caller.role]
    told = [*map(str, state), parameters.model_dump_json()]
    return hashlib.sha256("\n".join(told).encode()).hexdigest()[:32]


def _days(parameters: AnalyticsParameters, tomorrow: date) -> tuple[date, date]:
    end = parameters.until or tomorrow
    if parameters.since is None:
        return end - _DAY * (parameters.days or 30), end
    if parameters.days is not None:
        raise problem_of(HTTPStatus.BAD_REQUEST, "days", "cannot be sent together with from")
    if not parameters.since < end <= parameters.since + _DAY * _MOST_DAYS:
        detail = f"must be after from, and at most {_MOST_DAYS} days after it"
        raise problem_of(HTTPStatus.BAD_REQUEST, "to" if parameters.until else "from", detail)
    return parameters.since, end
