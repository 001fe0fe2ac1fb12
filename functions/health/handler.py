"""GET /health: each part on its own; 503 when a critical one is down."""

from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.event_handler import Response

from deskhand.api.query import render
from deskhand.api.router import Api
from deskhand.intake.queue import sqs
from deskhand.operations.health import report
from deskhand.workflow.executions import step_functions

app = Api()
# Built at init, where Lambda lends more CPU than a request gets.
sqs()
step_functions()


@app.get("/health")
def get_health() -> Response[str]:
    """The state of database, queue, workflow and models."""
    parts = report()
    healthy = all(part["status"] == "up" for part in parts.values())
    status = HTTPStatus.OK if healthy else HTTPStatus.SERVICE_UNAVAILABLE
    return app.answer(status, render({"status": "up" if healthy else "down", "parts": parts}))


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """The Lambda entry point."""
    return app.resolve(event, context)
