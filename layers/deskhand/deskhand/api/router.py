"""What all HTTP functions share: access, correlation id, problem documents (RFC 9457), headers."""

import hashlib
import ipaddress
import re
import time
import uuid
from http import HTTPStatus
from typing import Any, override

from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response
from aws_lambda_powertools.event_handler.exceptions import NotFoundError
from aws_lambda_powertools.event_handler.middlewares import NextMiddleware

from deskhand.api.access import ROUTES, Access
from deskhand.api.bearer import caller_of
from deskhand.api.caller import Caller
from deskhand.api.etag import etag, tags_of
from deskhand.api.json_document import canonical
from deskhand.api.problem import Problem
from deskhand.api.tally import TALLY
from deskhand.errors import OF_MODELS, CatalogMissing, DatabaseUnavailable, DeskhandError
from deskhand.logs import log
from deskhand.refusals import Refusal
from deskhand.settings.environment import SettingInvalid, settings

_REQUEST_ID = re.compile(r"[A-Za-z0-9._:-]{1,128}")
# Default headers of every answer: it is not a page to display, and it must not be cached.
SAFE = {
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
_REFUSALS = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.TOO_MANY_REQUESTS)
_EXPOSED = (
    "ETag, Idempotency-Replayed, Location, RateLimit, RateLimit-Policy, Retry-After, X-Request-ID"
)


class Api(APIGatewayRestResolver):
    """A router: every error becomes a problem document, every answer carries a request id."""

    def __init__(self) -> None:
        super().__init__()
        self._allowed: dict[str, str] = {}
        self.use([_admitted])
        self.exception_handler(Problem)(self._problem)
        for error in (Refusal, CatalogMissing, DatabaseUnavailable, *OF_MODELS):
            self.exception_handler(error)(self._refused)
        self.exception_handler(NotFoundError)(self._not_found)
        self.exception_handler(Exception)(self._unexpected)

    @override
    def resolve(self, event: Any, context: Any) -> dict[str, Any]:
        """The answer with the common headers; it is counted and timed."""
        started = time.perf_counter()
        self._allowed = {}
        reply = super().resolve(event, context)
        headers = reply["multiValueHeaders"]
        for name, value in {**SAFE, **self._allowed, **_shared_with(event)}.items():
            headers.setdefault(name, [value])
        # The route's template, not the path: the path is text of the sender.
        method, route = event["httpMethod"], event.get("resource")
        if (method, route) not in ROUTES:
            method = route = "other"
        TALLY.request(route, method, reply["statusCode"], time.perf_counter() - started)
        TALLY.store_when_due()
        return reply

    @property
    def access(self) -> Access:
        """The route's access rule; raises a 404 Problem when the table has no such route."""
        route = self.context["_route"]
        path = re.sub(r"<(\w+)>", r"{\1}", route.path)
        if (access := ROUTES.get((route.method, path))) is None:
            raise Problem(HTTPStatus.NOT_FOUND, "there is no such route")
        return access

    @property
    def address(self) -> str:
        """The source of the request: an IPv4 address, or the network prefix of an IPv6 host.

        It is the peer address that API Gateway saw; no request header can change it.
        """
        text = self.current_event.request_context.identity.source_ip
        try:
            address = ipaddress.ip_address(text)
        except ValueError:
            return "unknown"
        if address.version == 4:
            return str(address)
        return str(ipaddress.ip_network((address, 64), strict=False))

    @property
    def request_id(self) -> str:
        """The caller's X-Request-ID when it is a plain token, otherwise a new id for this
        request."""
        given = self.current_event.headers.get("X-Request-ID") or ""
        if _REQUEST_ID.fullmatch(given):
            return given
        return str(self.context.setdefault("request_id", str(uuid.uuid4())))

    @property
    def caller(self) -> Caller:
        """The authenticated caller; raises a 401 Problem when authentication fails."""
        if "caller" not in self.context:
            self.context["caller"] = caller_of(self.header_values("Authorization"))
        caller: Caller = self.context["caller"]
        return caller

    def answer(
        self, status: HTTPStatus, body: str, headers: dict[str, str] | None = None
    ) -> Response[str]:
        """A JSON answer from a serialised body, since stored answers are replayed byte for byte."""
        return Response(
            status_code=status,
            content_type="application/json",
            body=body,
            headers={"X-Request-ID": self.request_id, **(headers or {})},
        )

    def answer_if_new(self, body: str) -> Response[str]:
        """A JSON answer with the ETag of its body; 304 for a caller who has this body already."""
        tag = hashlib.sha256(body.encode()).hexdigest()[:32]
        seen = tags_of("If-None-Match", self.header_values("If-None-Match"))
        if seen is not None and seen.match_weakly(tag):
            headers = {"ETag": etag(tag), "X-Request-ID": self.request_id}
            return Response(HTTPStatus.NOT_MODIFIED, headers=headers)
        return self.answer(HTTPStatus.OK, body, {"ETag": etag(tag)})

    def nothing(self) -> Response[str]:
        """204: done, without a body."""
        return Response(HTTPStatus.NO_CONTENT, headers={"X-Request-ID": self.request_id})

    def limit(self, caller: str) -> None:
        """Counts one request against the caller's rate limit; raises a 429 Problem over the
        limit."""
        # Imported here: a function without a rate limit need not load the database driver.
        from deskhand.api.rate_limit import take_token

        if allowance := take_token(caller):
            self._allowed = allowance.headers

    def header_values(self, wanted: str) -> list[str]:
        """Every value of a header: API Gateway keeps repeated ones in the multi-value map only."""
        headers = self.current_event.get("multiValueHeaders") or {}
        return [v for name, vs in headers.items() if name.lower() == wanted.lower() for v in vs]

    def _problem(self, problem: Problem) -> Response[str]:
        if problem.status in _REFUSALS:
            self._log_refusal(problem.status)
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

    def _log_refusal(self, status: HTTPStatus) -> None:
        # The route's template, not the path: the path is text of the sender.
        route = f"{self.current_event.http_method} {self.current_event.resource}"
        named = {"status": status, "route": route, "request_id": self.request_id}
        if "caller" in self.context:
            named["caller"] = self.caller.id
        log.info("refused", extra=named)

    def _refused(self, error: Refusal | DeskhandError) -> Response[str]:
        # Few requests are refused: no cold start loads the table for the others.
        from deskhand.api.refused import problem_for

        return self._problem(problem_for(error))

    def _not_found(self, _: NotFoundError) -> Response[str]:
        return self._problem(Problem(HTTPStatus.NOT_FOUND, "there is no such route"))

    def _unexpected(self, error: Exception) -> Response[str]:
        # A foreign error message may quote the ticket: only its type is logged, and the answer has
        # no detail.
        said = str(error) if isinstance(error, SettingInvalid) else type(error).__name__
        log.error("unexpected error", extra={"error": said, "request_id": self.request_id})
        detail = "an unexpected error; please report the request id"
        return self._problem(Problem(HTTPStatus.INTERNAL_SERVER_ERROR, detail))


def _admitted(app: Api, next_middleware: NextMiddleware) -> Any:
    """Authenticates and authorises the caller before anything else is read.

    Handlers of routes that are `paced` "valid" count the request themselves.
    """
    access = app.access
    if not access.public:
        app.caller.require(access)
    if access.paced == "door":
        app.limit(f"address:{app.address}" if access.public else app.caller.id)
    if not access.live:
        return next_middleware(app)
    # Imported here: a function without such a route need not load the database driver.
    from deskhand.api.live_account import lock_account

    with lock_account(app.caller, app.context["_route_args"].get("account_id")):
        return next_middleware(app)


def _shared_with(event: dict[str, Any]) -> dict[str, str]:
    """CORS headers that let scripts of the configured origin read the answer; cookies are not
    used."""
    origin = settings().cors_origin
    if not origin:
        return {}
    given = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
    varies = {"Vary": "Origin"}
    if given.get("origin") != origin:
        return varies
    return {
        **varies,
        "Access-Control-Allow-Origin": origin,
        "Access-Control-Expose-Headers": _EXPOSED,
    }
