"""What a caller is told while the embedding model does not answer."""

from http import HTTPStatus
from math import ceil

from deskhand.api.problem import Problem
from deskhand.errors import DeskhandError, ModelRateLimited
from deskhand.logs import log

_SECONDS = 30


def away(error: DeskhandError) -> Problem:
    """503, with the time after which to try again."""
    log.warning("the embedding model does not answer", extra={"reason": str(error)})
    detail = "the embedding model does not answer; please repeat the request"
    wait = error.retry_after if isinstance(error, ModelRateLimited) else None
    headers = {"Retry-After": str(ceil(wait or _SECONDS))}
    return Problem(HTTPStatus.SERVICE_UNAVAILABLE, detail, headers=headers)
