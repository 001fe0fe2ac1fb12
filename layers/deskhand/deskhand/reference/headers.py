"""The headers of requests and answers that the API gives a meaning."""

from typing import Any

# `*` or entity tags (RFC 9110, section 8.8.3).
_TAGS = r'^(\*|(W/)?"[!#-~]*"(, ?(W/)?"[!#-~]*")*)$'

OF_REQUESTS: dict[str, tuple[str, dict[str, Any]]] = {
    "X-Request-ID": (
        "An id of your own for this request: 1 to 128 of `A-Za-z0-9._:-`. It is answered, logged"
        " and stored with what the request makes; any other value is replaced, and so is every one"
        " in an error that API Gateway makes itself.",
        {"type": "string"},
    ),
    "Idempotency-Key": (
        "Makes the request repeatable: within the configured time (72 hours by default) a repeat"
        " with this key is answered with the first answer. 1 to 255 printable characters without"
        " space; surrounding quotes do not count.",
        # `""` is an empty key; quotes may come on top of 255 characters.
        {"type": "string", "pattern": '^(?!""$)([!-~]{1,255}|"[!-~]{255}"|"[!-~]{254}")$'},
    ),
    "If-Match": (
        'The ETag of the ticket that you have read, as `"3"`, or `*` for any.',
        {"type": "string", "pattern": _TAGS},
    ),
    "If-None-Match": (
        "The ETag that you have already: 304 when it is still that one.",
        {"type": "string", "pattern": _TAGS},
    ),
    "X-Deskhand-Console": (
        "1 with a refresh token in the cookie: another site cannot send it.",
        {"type": "string"},
    ),
}

# By whether the answer always has it.
OF_ANSWERS: dict[str, tuple[str, bool, dict[str, Any]]] = {
    "X-Request-ID": ("The id of this request", True, {"type": "string", "minLength": 1}),
    "Location": ("Where it is, relative to this address", True, {"type": "string"}),
    "ETag": ("Changes with the content", True, {"type": "string", "pattern": '^"[^"]+"$'}),
    "Idempotency-Replayed": (
        "There when this is the stored answer of an earlier request",
        False,
        {"type": "string", "enum": ["true"]},
    ),
    "Retry-After": ("Seconds to wait", True, {"type": "integer", "minimum": 1}),
    "WWW-Authenticate": ("How to authenticate", True, {"type": "string", "pattern": "^Bearer"}),
    "Set-Cookie": (
        "There with `keep: cookie`: the refresh token, for `/auth` only",
        False,
        {"type": "string"},
    ),
    "Cache-Control": ("How long it may be kept", True, {"type": "string"}),
}
