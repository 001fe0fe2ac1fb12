"""GET /analytics: what came in, what was done, how long it took."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.event_handler import Response

from deskhand.analytics import performance, priorities, summary, trends
from deskhand.analytics.api import AnalyticsParameters, select, version, window
from deskhand.api.etag import etag, tags_of
from deskhand.api.query import query_as
from deskhand.api.render import render
from deskhand.api.router import Api
from deskhand.store.connection import Connection, connection
from deskhand.store.daily_figures import AnalysisWindow, one_answer

app = Api()


@app.get("/analytics/summary")
def get_summary() -> Response[str]:
    """Counts and shares beside those of the window before."""
    asked = query_as(AnalyticsParameters, app.current_event)
    return _read(asked, summary.summary)


@app.get("/analytics/priorities")
def get_priorities() -> Response[str]:
    """The window by priority."""
    asked = query_as(AnalyticsParameters, app.current_event)
    return _read(asked, priorities.priorities)


@app.get("/analytics/trends")
def get_trends() -> Response[str]:
    """The window day by day, or week by week."""
    asked = query_as(trends.TrendsParameters, app.current_event)
    return _read(asked, lambda conn, days: trends.trends(conn, days, asked.by))


@app.get("/analytics/performance")
def get_performance() -> Response[str]:
    """Durations, promises, and the work of people."""
    asked = query_as(AnalyticsParameters, app.current_event)
    return _read(asked, lambda conn, days: performance.performance(conn, days, app.caller))


def _read(
    asked: AnalyticsParameters, read: Callable[[Connection, AnalysisWindow], dict[str, Any]]
) -> Response[str]:
    """The answer, or 304: until the next fold has counted more, it is the same."""
    seen = tags_of("If-None-Match", app.header_values("If-None-Match"))
    with connection() as conn, one_answer(conn):
        days = window(conn, asked)
        known = version(days, app.current_event.path, app.caller, asked)
        headers = {"Cache-Control": "private, max-age=30", "ETag": etag(known)}
        if seen is not None and seen.match_weakly(known):
            headers["X-Request-ID"] = app.request_id
            return Response(HTTPStatus.NOT_MODIFIED, headers=headers)
        by_day = isinstance(asked, trends.TrendsParameters)
        found = read(conn, select(conn, days, asked, by_day=by_day))
    return app.answer(HTTPStatus.OK, render(found), headers)


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """The Lambda entry point."""
    return app.resolve(event, context)
