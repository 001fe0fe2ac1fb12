"""Reports over HTTP: listed and downloaded by agents, sent by administrators."""

from typing import Any

from aws_lambda_powertools.event_handler import Response

from deskhand.api.router import Api
from deskhand.reports import api
from deskhand.reports.bucket import s3

app = Api()
# Built at init, where Lambda gives more CPU than during a request.
s3()


@app.get("/reports")
def list_reports() -> Response[str]:
    """A page of reports, newest first."""
    return api.list_reports(app)


@app.get("/reports/<report_id>/file")
def get_report_file(report_id: str) -> Response[str]:
    """Redirects to the file."""
    return api.get_file(app, report_id)


@app.post("/reports/<report_id>/send")
def post_report_mails(report_id: str) -> Response[str]:
    """Sends a report, or sends it again."""
    return api.send_report(app, report_id)


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """The Lambda entry point."""
    return app.resolve(event, context)
