"""DELETE /tickets/{id}/duplicate: people say that a ticket repeats nothing."""

from typing import Any

from aws_lambda_powertools.event_handler import Response

from deskhand.api.router import Api
from deskhand.duplicates import unlink
from deskhand.intake.queue import sqs

app = Api()
# Built at init, where Lambda lends more CPU than a request gets.
sqs()


@app.delete("/tickets/<ticket_id>/duplicate")
def delete_duplicate(ticket_id: str) -> Response[str]:
    """The ticket on its own again; triaged anew where it had inherited its triage."""
    return unlink.unlink(app, ticket_id)


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """The Lambda entry point."""
    return app.resolve(event, context)
