"""POST /tickets/import: old tickets with a known place in the catalog, as examples."""

from typing import Any

from aws_lambda_powertools.event_handler import Response

from deskhand.api.router import Api
from deskhand.learning import api

app = Api()


@app.post("/tickets/import")
def post_import() -> Response[str]:
    """Stores a chunk of rows; lists the invalid ones and stores the others."""
    return api.import_chunk(app)


@app.get("/tickets/imports/<import_id>")
def get_import(import_id: str) -> Response[str]:
    """The progress of an import, and the rows that were refused."""
    return api.show_import(app, import_id)


@app.delete("/tickets/imports/<import_id>")
def delete_import(import_id: str) -> Response[str]:
    """Deletes an import with its examples."""
    return api.delete_import(app, import_id)


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """The Lambda entry point."""
    return app.resolve(event, context)
