"""A request's JSON body, checked in the promised order: size, media type, JSON, fields."""

import base64
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEvent
from pydantic import BaseModel, ValidationError

from deskhand.api.json_document import Malformed, parse, pointer
from deskhand.api.problem import Problem, problem_of
from deskhand.settings.environment import settings


def raw_body(
    event: APIGatewayProxyEvent,
    media_types: Sequence[str] = ("application/json",),
    max_bytes: int | None = None,
) -> bytes:
    """The body as it was sent; raises a 413 (`max_bytes`, else MAX_BODY_KIB) or 415 Problem."""
    text = event.body or ""
    # API Gateway hands over text; a lone surrogate in it must reach the parser to be named.
    body = (
        base64.b64decode(text) if event.is_base64_encoded else text.encode(errors="surrogatepass")
    )
    if len(body) > (limit := max_bytes or settings().max_body_kib * 1024):
        raise Problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"the body is larger than {limit} bytes")
    if media_type(event) not in media_types:
        kinds = " or ".join(media_types)
        raise Problem(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"send Content-Type: {kinds}")
    return body


def media_type(event: APIGatewayProxyEvent) -> str:
    """The body's media type without parameters, in lower case; empty when the header is missing."""
    return (event.headers.get("Content-Type") or "").partition(";")[0].strip().lower()


def parse_body(body: bytes) -> Any:
    """The JSON value in the body; raises a 400 Problem with the position of the error."""
    try:
        return parse(body)
    except Malformed as error:
        raise problem_of(HTTPStatus.BAD_REQUEST, error.pointer, error.detail) from None


def validate[Model: BaseModel](model: type[Model], document: Any) -> Model:
    """The document as `model`; raises a 422 Problem that names every wrong field."""
    try:
        return model.model_validate(document)
    except ValidationError as error:
        wrong = [(pointer(*e["loc"]), e["msg"]) for e in error.errors()]
        raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "some fields are not valid", wrong) from None
