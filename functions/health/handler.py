"""GET /health: the state of each part; 503 when one of them is down."""

from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.event_handler import Response

from deskhand.api.render import render
from deskhand.api.router import Api
from deskhand.operations.health import prepare, report, worst_status
from deskhand.settings.version import VERSION

app = Api()
prepare()


@app.get("/health")
def get_health() -> Response[str]:
    """The state of database, queue, workflow and models."""
    parts = report()
    status = worst_status(parts.values())
    code = HTTPStatus.SERVICE_UNAVAILABLE if status == "down" else HTTPStatus.OK
    return app.answer(code, render({"version": VERSION, "status": status, "parts": parts}))


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """The Lambda entry point."""
    return app.resolve(event, context)
