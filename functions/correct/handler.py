"""POST /tickets/{id}/corrections: what triage should have said, to learn from."""

from typing import Any

from aws_lambda_powertools.event_handler import Response

from deskhand.api.router import Api
from deskhand.tickets.correct import correct

app = Api()


@app.post("/tickets/<ticket_id>/corrections")
def post_correction(ticket_id: str) -> Response[str]:
    """Stores the correction, and the ticket with it."""
    return correct(app, ticket_id)


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """The Lambda entry point."""
    return app.resolve(event, context)
