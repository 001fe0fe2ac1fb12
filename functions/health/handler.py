"""GET /health: the state of each part; 503 when one of them is down. GET /actuator/info."""

from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.event_handler import Response

from deskhand.api.render import render
from deskhand.api.router import Api
from deskhand.operations.health import Reports, prepare, worst_status
from deskhand.settings.version import VERSION

app = Api()
reports = Reports()
prepare()


@app.get("/health")
def get_health() -> Response[str]:
    """The state of database, queue, workflow and models."""
    parts = reports.current()
    status = worst_status(parts.values())
    code = HTTPStatus.SERVICE_UNAVAILABLE if status == "down" else HTTPStatus.OK
    return app.answer(code, render({"version": VERSION, "status": status, "parts": parts}))


@app.get("/actuator/health")
def get_actuator_health() -> Response[str]:
    """The same, where other services have it."""
    return get_health()


@app.get("/actuator/info")
def get_actuator_info() -> Response[str]:
    """The version that runs."""
    return app.answer(HTTPStatus.OK, render({"version": VERSION}))


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """The Lambda entry point."""
    return app.resolve(event, context)
