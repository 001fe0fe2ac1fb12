"""What the HTTP functions share: routing, correlation id, problem documents (RFC 9457)."""

import re
import uuid
from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response
from aws_lambda_powertools.event_handler.exceptions import NotFoundError
from aws_lambda_powertools.event_handler.middlewares import NextMiddleware

from deskhand.caller import Caller
from deskhand.document import canonical
from deskhand.errors import DatabaseUnavailable
from deskhand.logs import log
from deskhand.problem import Problem
from deskhand.token import caller_of

_REQUEST_ID = re.compile(r"[A-Za-z0-9._:-]{1,128}")


class Api(APIGatewayRestResolver):
    """A router whose every error is a problem document and whose every answer has a request id."""

    def __init__(self, *, public: bool = False) -> None:
        super().__init__()
        if not public:
            self.use([_authenticated])
        self.exception_handler(Problem)(self._problem)
        self.exception_handler(DatabaseUnavailable)(self._unavailable)
        self.exception_handler(NotFoundError)(self._not_found)
        self.exception_handler(Exception)(self._unexpected)

    @property
    def request_id(self) -> str:
        """The caller's X-Request-ID where it is a plain token, else one made for this request."""
        given = self.current_event.headers.get("X-Request-ID") or ""
        if _REQUEST_ID.fullmatch(given):
            return given
        return str(self.context.setdefault("request_id", str(uuid.uuid4())))

    @property
    def caller(self) -> Caller:
        """Who sent the request; raises a 401 Problem when that is not known."""
        if "caller" not in self.context:
            self.context["caller"] = caller_of(self.header_values("Authorization"))
        caller: Caller = self.context["caller"]
        return caller

    def answer(
        self, status: HTTPStatus, body: str, headers: dict[str, str] | None = None
    ) -> Response[str]:
        """A JSON answer, already serialised: stored answers are replayed byte for byte."""
        return Response(
            status_code=status,
            content_type="application/json",
            body=body,
            headers={"X-Request-ID": self.request_id, **(headers or {})},
        )

    def header_values(self, wanted: str) -> list[str]:
        """Every value of a header: API Gateway keeps repeated ones in the multi-value map only."""
        headers = self.current_event.get("multiValueHeaders") or {}
        return [v for name, vs in headers.items() if name.lower() == wanted.lower() for v in vs]

    def _problem(self, problem: Problem) -> Response[str]:
        document = {
            "type": "about:blank",
            "title": problem.status.phrase,
            "status": problem.status,
            "detail": problem.detail,
            "instance": self.current_event.path,
            "request_id": self.request_id,
            "errors": [{"pointer": at, "detail": why} for at, why in problem.errors],
        }
        return Response(
            status_code=problem.status,
            content_type="application/problem+json",
            body=canonical(document).decode(),
            headers={"X-Request-ID": self.request_id, **problem.headers},
        )

    def _unavailable(self, _: DatabaseUnavailable) -> Response[str]:
        detail = "the database does not answer; please repeat the request"
        return self._problem(
            Problem(HTTPStatus.SERVICE_UNAVAILABLE, detail, headers={"Retry-After": "2"})
        )

    def _not_found(self, _: NotFoundError) -> Response[str]:
        return self._problem(Problem(HTTPStatus.NOT_FOUND, "there is no such route"))

    def _unexpected(self, error: Exception) -> Response[str]:
        # A foreign message may quote the ticket: only its type is logged, nothing is answered.
        log.error(
            "unexpected error",
            extra={"error": type(error).__name__, "request_id": self.request_id},
        )
        detail = "an unexpected error; please report the request id"
        return self._problem(Problem(HTTPStatus.INTERNAL_SERVER_ERROR, detail))


def _authenticated(app: Api, next_middleware: NextMiddleware) -> Any:
    """Asks who the caller is before anything else is looked at."""
    _ = app.caller
    return next_middleware(app)
