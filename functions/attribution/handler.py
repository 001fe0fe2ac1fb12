"""Runs of attribution over HTTP: started by administrators, read by everybody who works here."""

from typing import Any

from aws_lambda_powertools.event_handler import Response

from deskhand.api.router import Api
from deskhand.attribution import api
from deskhand.intake.queue import sqs

app = Api()
# Built at init, where Lambda gives more CPU than during a request.
sqs()


@app.post("/attribution/runs")
def post_attribution_run() -> Response[str]:
    """Starts a run; the Idempotency-Key is optional."""
    return api.start_run(app)


@app.get("/attribution/runs")
def list_attribution_runs() -> Response[str]:
    """Runs, newest first."""
    return api.list_runs(app)


@app.get("/attribution/runs/<run_id>")
def get_attribution_run(run_id: str) -> Response[str]:
    """A run with its counts so far."""
    return api.show_run(app, run_id)


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """The Lambda entry point."""
    return app.resolve(event, context)
