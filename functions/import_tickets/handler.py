"""POST /tickets/import: old tickets whose place in the catalog is known, to learn from."""

from typing import Any

from aws_lambda_powertools.event_handler import Response

from deskhand.api.router import Api
from deskhand.learning import api

app = Api()


@app.post("/tickets/import")
def post_import() -> Response[str]:
    """Takes a chunk of rows; wrong ones are named, the others stored."""
    return api.import_chunk(app)


@app.get("/tickets/imports/<import_id>")
def get_import(import_id: str) -> Response[str]:
    """How far an import is, and which rows were refused."""
    return api.show_import(app, import_id)


@app.delete("/tickets/imports/<import_id>")
def delete_import(import_id: str) -> Response[str]:
    """Takes an import back."""
    return api.delete_import(app, import_id)


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """The Lambda entry point."""
    return app.resolve(event, context)
