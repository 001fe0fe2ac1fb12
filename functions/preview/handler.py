"""POST /triage/preview: the triage that tickets would get; stores nothing."""

from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.event_handler import Response

from deskhand.api import body
from deskhand.api.render import render
from deskhand.api.router import Api
from deskhand.store.connection import connection
from deskhand.triage.preview import Preview, preview

app = Api()


@app.post("/triage/preview")
def post_preview() -> Response[str]:
    """A triage for each ticket, with its evidence; 409 while no catalog is in force."""
    wanted = body.validate(Preview, body.parse_body(body.raw_body(app.current_event)))
    with connection() as conn:
        results = preview(conn, wanted)
    return app.answer(HTTPStatus.OK, render({"results": results}))


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """The Lambda entry point."""
    return app.resolve(event, context)
