"""POST /tickets/similar: open tickets about the same problem; stores nothing."""

from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.event_handler import Response

from deskhand.api import body
from deskhand.api.render import render
from deskhand.api.router import Api
from deskhand.duplicates.similar import SimilarTo, find_similar
from deskhand.store.connection import connection

app = Api()


@app.post("/tickets/similar")
def post_similar() -> Response[str]:
    """Tickets that are similar to a text, the most similar first."""
    wanted = body.validate(SimilarTo, body.parse_body(body.raw_body(app.current_event)))
    with connection() as conn:
        results = find_similar(conn, wanted)
    return app.answer(HTTPStatus.OK, render({"results": results}))


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """The Lambda entry point."""
    return app.resolve(event, context)
