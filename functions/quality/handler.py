"""GET /analytics/quality: how right triage is, as people and a trial have found."""

from typing import Any

from aws_lambda_powertools.event_handler import Response

from deskhand.api.router import Api
from deskhand.learning.quality import report

app = Api()


@app.get("/analytics/quality")
def get_quality() -> Response[str]:
    """Accuracy, coverage and calibration."""
    return report(app)


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """The Lambda entry point."""
    return app.resolve(event, context)
