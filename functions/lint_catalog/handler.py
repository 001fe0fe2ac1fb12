"""POST /catalog/lint: what is wrong, or odd, in a catalog that is not in force."""

from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.event_handler import Response

from deskhand.api import body
from deskhand.api.render import render
from deskhand.api.router import Api
from deskhand.catalog.proposed import MAX_BYTES, ProposedCatalog, report

app = Api()


@app.post("/catalog/lint")
def post_lint() -> Response[str]:
    """The errors and findings of a catalog; nothing is stored, and the one in force stays."""
    sent = body.raw_body(app.current_event, max_bytes=MAX_BYTES)
    proposed = body.validate(ProposedCatalog, body.parse_body(sent))
    return app.answer(HTTPStatus.OK, render(report(proposed)))


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """The Lambda entry point."""
    return app.resolve(event, context)
