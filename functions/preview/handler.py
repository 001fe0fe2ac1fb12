"""POST /triage/preview: what triage would make of tickets; nothing is stored."""

from typing import Any

from aws_lambda_powertools.event_handler import Response

from deskhand.api.router import Api
from deskhand.triage.preview import preview

app = Api()


@app.post("/triage/preview")
def post_preview() -> Response[str]:
    """A triage for each ticket, with its evidence."""
    return preview(app)


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """The Lambda entry point."""
    return app.resolve(event, context)
