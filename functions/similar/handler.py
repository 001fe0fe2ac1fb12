"""POST /tickets/similar: open tickets that tell of the same thing; nothing is stored."""

from typing import Any

from aws_lambda_powertools.event_handler import Response

from deskhand.api.router import Api
from deskhand.duplicates.similar import similar

app = Api()


@app.post("/tickets/similar")
def post_similar() -> Response[str]:
    """Tickets like a text, the most similar first."""
    return similar(app)


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """The Lambda entry point."""
    return app.resolve(event, context)
