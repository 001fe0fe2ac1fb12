"""A request's JSON body, checked in the promised order: size, media type, JSON, fields."""

import base64
from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEvent
from pydantic import BaseModel, ValidationError

from deskhand.document import Malformed, parse, pointer
from deskhand.problem import Problem, problem_of
from deskhand.settings import settings


def raw(event: APIGatewayProxyEvent) -> bytes:
    """The body as it was sent; raises a 413 or 415 Problem."""
    text = event.body or ""
    # API Gateway hands over text; a lone surrogate in it must reach the parser to be named.
    body = (
        base64.b64decode(text) if event.is_base64_encoded else text.encode(errors="surrogatepass")
    )
    if len(body) > (limit := settings().max_body_kib * 1024):
        raise Problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"the body is larger than {limit} bytes")
    media_type = (event.headers.get("Content-Type") or "").partition(";")[0].strip().lower()
    if media_type != "application/json":
        raise Problem(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "send Content-Type: application/json")
    return body


def parsed(body: bytes) -> Any:
    """The JSON value in the body; raises a 400 Problem with the place of the fault."""
    try:
        return parse(body)
    except Malformed as error:
        raise problem_of(HTTPStatus.BAD_REQUEST, error.pointer, error.detail) from None


def validated[Model: BaseModel](model: type[Model], document: Any) -> Model:
    """The document as `model`; raises a 422 Problem that names every wrong field."""
    try:
        return model.model_validate(document)
    except ValidationError as error:
        wrong = [(pointer(*e["loc"]), e["msg"]) for e in error.errors()]
        raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "some fields are not valid", wrong) from None
