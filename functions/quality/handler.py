"""GET /analytics/quality: the quality of triage, from people's corrections and from a trial."""

from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.event_handler import Response

from deskhand.api.query import query_as
from deskhand.api.render import render
from deskhand.api.router import Api
from deskhand.learning.quality import QualityQuery, report
from deskhand.store.connection import connection

app = Api()


@app.get("/analytics/quality")
def get_quality() -> Response[str]:
    """Accuracy, coverage and calibration."""
    asked = query_as(QualityQuery, app.current_event)
    with connection() as conn:
        found = report(conn, asked)
    return app.answer(HTTPStatus.OK, render(found))


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """The Lambda entry point."""
    return app.resolve(event, context)
