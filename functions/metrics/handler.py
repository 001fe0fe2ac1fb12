"""GET /metrics: every metric in Prometheus's text format."""

from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.event_handler import Response

from deskhand.api.router import Api
from deskhand.operations.metrics import MEDIA_TYPE, exposition

app = Api()


@app.get("/metrics")
def get_metrics() -> Response[str]:
    """The same samples as on the pushgateway."""
    headers = {"X-Request-ID": app.request_id}
    return Response(HTTPStatus.OK, MEDIA_TYPE, exposition(), headers)


@app.get("/actuator/prometheus")
def get_actuator_metrics() -> Response[str]:
    """The same, where other services have it."""
    return get_metrics()


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """The Lambda entry point."""
    return app.resolve(event, context)
