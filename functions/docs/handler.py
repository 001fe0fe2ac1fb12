"""GET /openapi.json and GET /docs: the API as a document and as a page for people."""

from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.event_handler import Response

from deskhand.api.etag import tags_of
from deskhand.api.problem import Problem
from deskhand.api.router import Api
from deskhand.reference.files import PAGE, PARTS, REFERENCE, File

_HEADERS = {
    "Cache-Control": "public, max-age=300",
    # Swagger UI's stylesheet contains its icons as data URLs.
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self';"
    " img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none';"
    " frame-ancestors 'none'",
}

app = Api()


@app.get("/openapi.json")
def get_reference() -> Response[str]:
    """The API's OpenAPI document."""
    return _served(REFERENCE)


@app.get("/docs")
def get_page() -> Response[str]:
    """The page. Only one address serves it, because it names its files relative to that."""
    if app.current_event.path.endswith("/"):
        headers = {"Location": "../docs", "X-Request-ID": app.request_id}
        return Response(HTTPStatus.PERMANENT_REDIRECT, headers=headers)
    return _served(PAGE)


@app.get("/docs/<file>")
def get_file_of_page(file: str) -> Response[str]:
    """One of the files that the page loads."""
    if file not in PARTS:
        raise Problem(HTTPStatus.NOT_FOUND, "there is no such file")
    return _served(PARTS[file])


def _served(file: File) -> Response[str]:
    headers = {**_HEADERS, "ETag": file.etag, "X-Request-ID": app.request_id}
    seen = tags_of("If-None-Match", app.header_values("If-None-Match"))
    if seen and (seen.every or file.etag in seen.strong | seen.weak):
        return Response(HTTPStatus.NOT_MODIFIED, headers=headers)
    return Response(HTTPStatus.OK, file.media_type, file.text, headers)


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """The Lambda entry point."""
    return app.resolve(event, context)
