"""Turns domain errors into problem documents: the one table from error to HTTP status."""

from http import HTTPStatus
from math import ceil

from deskhand.api.etag import etag
from deskhand.api.problem import Problem
from deskhand.errors import (
    CatalogMissing,
    DatabaseUnavailable,
    DeskhandError,
    ModelRateLimited,
)
from deskhand.logs import log
from deskhand.refusals import (
    Conflict,
    Forbidden,
    Invalid,
    NotFound,
    Refusal,
    Stale,
    TooManyTries,
    Unavailable,
)

_STATUS: dict[type[Refusal], HTTPStatus] = {
    Forbidden: HTTPStatus.FORBIDDEN,
    NotFound: HTTPStatus.NOT_FOUND,
    Conflict: HTTPStatus.CONFLICT,
    Stale: HTTPStatus.PRECONDITION_FAILED,
    Invalid: HTTPStatus.UNPROCESSABLE_ENTITY,
    TooManyTries: HTTPStatus.TOO_MANY_REQUESTS,
    Unavailable: HTTPStatus.SERVICE_UNAVAILABLE,
}
# Retry-After in seconds when a model does not answer.
_MODEL_SECONDS = 30


def problem_for(error: Refusal | DeskhandError) -> Problem:
    """The problem that answers a refusal, or an error of database, catalog or models."""
    match error:
        case Refusal():
            return _refused(error)
        case CatalogMissing():
            return Problem(HTTPStatus.CONFLICT, "no service catalog is in force")
        case DatabaseUnavailable():
            return _unavailable("the database does not answer; please repeat the request", 2)
    log.warning("the embedding model does not answer", extra={"reason": str(error)})
    wait = error.retry_after if isinstance(error, ModelRateLimited) else None
    detail = "the embedding model does not answer; please repeat the request"
    return _unavailable(detail, ceil(wait or _MODEL_SECONDS))


def _refused(refusal: Refusal) -> Problem:
    headers = {"ETag": etag(refusal.version)} if isinstance(refusal, Stale) else {}
    if refusal.retry_after is not None:
        headers["Retry-After"] = str(refusal.retry_after)
    errors = [(pointer, refusal.detail) for pointer in refusal.pointers]
    return Problem(_STATUS[type(refusal)], refusal.detail, errors, headers)


def _unavailable(detail: str, seconds: int) -> Problem:
    headers = {"Retry-After": str(seconds)}
    return Problem(HTTPStatus.SERVICE_UNAVAILABLE, detail, headers=headers)
