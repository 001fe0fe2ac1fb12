"""/attribution/audits: what an export of old tickets shows, without any side effect."""

from typing import Any

from aws_lambda_powertools.event_handler import Response

from deskhand.api.router import Api
from deskhand.audits import api

app = Api()


@app.post("/attribution/audits")
def post_audit() -> Response[str]:
    """Starts an audit of the file in the body, or shows how it would be read."""
    return api.post_audit(app)


@app.get("/attribution/audits")
def get_audits() -> Response[str]:
    """The last audits."""
    return api.list_audits(app)


@app.get("/attribution/audits/<audit_id>")
def get_audit(audit_id: str) -> Response[str]:
    """An audit with its findings."""
    return api.show_audit(app, audit_id)


@app.get("/attribution/audits/<audit_id>/file")
def get_audit_file(audit_id: str) -> Response[str]:
    """The spreadsheet with all findings."""
    return api.show_file(app, audit_id)


@app.delete("/attribution/audits/<audit_id>")
def delete_audit(audit_id: str) -> Response[str]:
    """Deletes an audit with its findings."""
    return api.delete_audit(app, audit_id)


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """The Lambda entry point."""
    return app.resolve(event, context)
