"""GET /analytics: what came in, what was done, how long it took."""

from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.event_handler import Response

from deskhand.analytics import performance, priorities, summary, trends
from deskhand.analytics.api import Parameters, window
from deskhand.api.query import query_as
from deskhand.api.render import render
from deskhand.api.router import Api
from deskhand.store.connection import connection

app = Api()
_KEPT = {"Cache-Control": "private, max-age=30"}


@app.get("/analytics/summary")
def get_summary() -> Response[str]:
    """Counts and shares beside those of the window before."""
    asked = query_as(Parameters, app.current_event)
    with connection() as conn:
        found = summary.summary(conn, window(conn, asked))
    return app.answer(HTTPStatus.OK, render(found), _KEPT)


@app.get("/analytics/priorities")
def get_priorities() -> Response[str]:
    """The window by priority."""
    asked = query_as(Parameters, app.current_event)
    with connection() as conn:
        found = priorities.priorities(conn, window(conn, asked))
    return app.answer(HTTPStatus.OK, render(found), _KEPT)


@app.get("/analytics/trends")
def get_trends() -> Response[str]:
    """The window day by day, or week by week."""
    asked = query_as(trends.Parameters, app.current_event)
    with connection() as conn:
        found = trends.trends(conn, window(conn, asked), asked.by)
    return app.answer(HTTPStatus.OK, render(found), _KEPT)


@app.get("/analytics/performance")
def get_performance() -> Response[str]:
    """Durations, promises, and the work of people."""
    asked = query_as(Parameters, app.current_event)
    with connection() as conn:
        found = performance.performance(conn, window(conn, asked), app.caller)
    return app.answer(HTTPStatus.OK, render(found), _KEPT)


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """The Lambda entry point."""
    return app.resolve(event, context)
