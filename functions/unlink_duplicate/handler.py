"""DELETE /tickets/{id}/duplicate: a person decides that a ticket is no duplicate."""

from typing import Any

from aws_lambda_powertools.event_handler import Response

from deskhand.api.router import Api
from deskhand.duplicates import unlink
from deskhand.intake.queue import sqs

app = Api()
# Built at init, where Lambda gives more CPU than during a request.
sqs()


@app.delete("/tickets/<ticket_id>/duplicate")
def delete_duplicate(ticket_id: str) -> Response[str]:
    """Removes the link; starts a new triage when the ticket had inherited the original's."""
    return unlink.unlink(app, ticket_id)


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """The Lambda entry point."""
    return app.resolve(event, context)
