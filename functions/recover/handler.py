"""Failed work over HTTP: listed and replayed by people with the right to do so."""

from typing import Any

from aws_lambda_powertools.event_handler import Response

from deskhand.api.router import Api
from deskhand.intake.queue import sqs
from deskhand.workflow import api

app = Api()
# Built at init, where Lambda gives more CPU than during a request.
sqs()


@app.post("/tickets/<ticket_id>/reprocess")
def post_reprocess(ticket_id: str) -> Response[str]:
    """Starts a new run of a ticket; the Idempotency-Key is optional."""
    return api.reprocess_ticket(app, ticket_id)


@app.get("/admin/failures")
def get_failures() -> Response[str]:
    """Failed runs and dead letters, grouped by step and error."""
    return api.list_failures(app)


@app.post("/admin/failures/replay")
def post_replay() -> Response[str]:
    """Replays one run, a group or all; the Idempotency-Key is optional."""
    return api.replay_selected(app)


@app.post("/admin/fallbacks/reprocess")
def post_fallbacks() -> Response[str]:
    """Asks the first provider again about the tickets that another one answered."""
    return api.reprocess_fallbacks(app)


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """The Lambda entry point."""
    return app.resolve(event, context)
