"""/exports: a list of tickets as a file."""

from typing import Any

from aws_lambda_powertools.event_handler import Response

from deskhand.api.router import Api
from deskhand.exports import api
from deskhand.reports.bucket import s3

app = Api()
# Built at init, where Lambda gives more CPU than during a request.
s3()


@app.post("/exports")
def post_export() -> Response[str]:
    """Asks for an export."""
    return api.post_export(app)


@app.get("/exports/<export_id>")
def get_export(export_id: str) -> Response[str]:
    """How far an export is."""
    return api.get_export(app, export_id)


@app.get("/exports/<export_id>/file")
def get_export_file(export_id: str) -> Response[str]:
    """Redirects to the file."""
    return api.get_file(app, export_id)


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """The Lambda entry point."""
    return app.resolve(event, context)
