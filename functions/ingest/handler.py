"""POST /tickets and POST /incidents: stored once, answered at once, queued after the commit."""

from typing import Any

from aws_lambda_powertools.event_handler import Response

from deskhand.api.router import Api
from deskhand.intake.api import receive
from deskhand.intake.queue import sqs
from deskhand.intake.submission import IncidentSubmission, TicketSubmission

app = Api()
# Built at init, where Lambda gives more CPU than during a request.
sqs()


@app.post("/tickets")
def post_ticket() -> Response[str]:
    """Accepts a ticket; the Idempotency-Key is optional."""
    answer = '{{"ticket_id":"{ticket_id}","workflow_run_id":{{run_id}},"status":"new"}}'
    return receive(app, TicketSubmission, answer, key_required=False)


@app.post("/incidents")
def post_incident() -> Response[str]:
    """Accepts an incident; its clients expect camelCase and must send an Idempotency-Key."""
    answer = '{{"workflowRunId":{{run_id}},"ticketId":"{ticket_id}"}}'
    return receive(app, IncidentSubmission, answer, key_required=True)


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """The Lambda entry point."""
    return app.resolve(event, context)
