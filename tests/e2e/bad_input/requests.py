"""Request lines and headers that nobody should send."""

import json
from collections.abc import Iterator
from urllib.parse import quote

from tests.e2e.bad_input.bodies import GOOD
from tests.e2e.bad_input.wire import JSON, Case, Header, Sent, case

_UNKNOWN = "00000000-0000-7000-8000-000000000000"
_BODY = json.dumps(GOOD).encode()


def _post(*headers: Header, path: str = "/tickets") -> Sent:
    return Sent("POST", path, headers, _BODY)


def keys() -> Iterator[Case]:
    """Idempotency keys."""
    name = "Idempotency-Key"
    values: dict[str, str | bytes] = {
        "empty": "",
        "blank": "   ",
        "256 characters": "k" * 256,
        "a space in it": "a b",
        "a tab in it": "a\tb",
        "not ASCII": "schlüssel",
        "bytes": b"\xff\xfe",
        "only quotes": '""',
        "quotes around 256": '"' + "k" * 256 + '"',
        "an escape": "a\x1b[31m",
        "DEL": "a\x7f",
    }
    for label, value in values.items():
        yield case(label, _post(JSON, (name, value)), 400)
    yield case("two", _post(JSON, (name, "bad-1"), (name, "bad-2")), 400)
    yield case("the same twice", _post(JSON, (name, "bad-1"), (name, "bad-1")), 400)
    yield case("two spellings", _post(JSON, (name, "bad-1"), (name.upper(), "bad-2")), 400)
    yield case("none where it is needed", Sent("POST", "/incidents", (JSON,), b"{}"), 400)
    yield case("255 characters", _post(JSON, (name, "k" * 255)), 202)
    yield case("quotes around 255", _post(JSON, (name, '"' + "q" * 255 + '"')), 202)
    yield case("SQL", _post(JSON, (name, "';DROP/**/TABLE/**/tickets;--")), 202)


def ids() -> Iterator[Case]:
    """Ids in the path."""
    for text in (
        *("nonsense", "0", _UNKNOWN.replace("-", ""), "{" + _UNKNOWN + "}", _UNKNOWN[:-1] + "g"),
        *(f"urn:uuid:{_UNKNOWN}", _UNKNOWN + "0", "null", "undefined", "%20", "1%27%20OR%201=1"),
        *("%2e%2e", "..%2f..", "%252e", "%c3%a9", "%F0%9F%98%80", "a" * 3_000),
    ):
        yield case(f"ticket {text[:40]}", Sent("GET", f"/tickets/{text}"), 400, 404)
    for text in (
        *("0", "-1", "1.0", "1e3", "+1", "0x10", "01", "1_0", "%D9%A1", "%20%31", "NaN", "x"),
        *(str(2**63), "9" * 3_000),
    ):
        yield case(f"run {text[:40]}", Sent("GET", f"/runs/{text}"), 400)
    yield case("run nobody has", Sent("GET", f"/runs/{2**63 - 1}"), 404)
    for method, rest in (("PATCH", ""), ("DELETE", ""), ("GET", "/events"), ("POST", "/reprocess")):
        wrong = Sent(method, f"/tickets/nonsense{rest}", (JSON,), b"{}")
        yield case(f"{method}{rest} nonsense", wrong, 400)


def queries() -> Iterator[Case]:
    """Query strings."""
    for text in (
        *("limit=0", "limit=101", "limit=-1", "limit=", "limit=ten", "limit=1.5", "limit=1e1"),
        *("limit=1&limit=2", "limit=5&limit=5", "limit[]=1", "limit=%201", "limit=%D9%A1"),
        *("colour=red", "Limit=5", "=5", "status=lost", "status=", "status=OPEN"),
        *("cursor=x", "cursor=", f"cursor={_UNKNOWN}0", "needs_review=maybe", "needs_review=1"),
        *("created_from=yesterday", "created_from=2026-01-01", "created_from=1767225600"),
        *("created_from=2026-01-01T00:00:00", "created_from=2026-13-01T00:00:00Z"),
        *("created_to=2026-01-01T00:00:00+01:00", "created_to=0000-01-01T00:00:00Z"),
        *("q=", "q=%20", f"q={'a' * 201}", "q=%00", "tag=a%00b", "tag=", "category=%0a"),
        *("limit=1;status=open", "%00=1", "a=1&" * 300 + "b=2", "%F0%9F%98%80=1"),
    ):
        yield case(text[:40], Sent("GET", f"/tickets?{text}"), 400)
    for text in (
        *("", "&&&", "limit=%31%30", "q=%27%22%26%7C!()%3C-%3E:*%5C", "q=a+OR+-b+%22c", "q=%25%5F"),
        *("category=%27%20OR%201=1--", "tag=%7B%22a%22:1%7D", f"department={quote('ü' * 100)}"),
        *("cursor=FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF", "created_from=9999-12-31T23:59:59Z"),
    ):
        yield case(f"harmless {text[:40]}", Sent("GET", f"/tickets?{text}"), 200)
    for text in ("q=%ff", "q=%ED%A0%80", "q=%", "q=%zz", "%ff=1"):
        yield case(f"bad escape {text}", Sent("GET", f"/tickets?{text}"), 200, 400)
    yield case("a filter twice", Sent("GET", "/admin/failures?step=a&step=b"), 400)
    yield case("an unknown filter", Sent("GET", "/admin/failures?colour=red"), 400)


def media_types() -> Iterator[Case]:
    """Content types."""
    name = "Content-Type"
    for text in (
        *("text/plain", "application/xml", "application/jsonx", "application/vnd.api+json", "json"),
        *("*/*", "application/*", ";", "", "application/x-www-form-urlencoded", "multipart/mixed"),
        *("application/json, text/plain", "applic\u0430tion/json"),
    ):
        yield case(text or "empty", _post((name, text)), 415)
    yield case("none", _post(), 415)
    for text in (
        *("application/json; charset=utf-8", "APPLICATION/JSON", "application/json ;a=b", JSON[1]),
        *("application/json; charset=utf-16", "\tapplication/json\t"),
    ):
        yield case(f"harmless {text}", _post((name, text)), 202)
    yield case("two", _post(JSON, (name, "text/plain")), 202, 415)


def headers() -> Iterator[Case]:
    """Other headers."""
    for text in (
        *("Basic YTpi", "Bearer", "Bearer ", "Bearer a.b.c", "bearer x", "Token x", b"Bearer \xff"),
        *("Bearer eyJhbGciOiJub25lIiwidHlwIjoiYXQrand0In0.e30.", "Bearer " + "a" * 6_000, "x"),
    ):
        yield case(f"as {text[:20]!r}", Sent(headers=(("Authorization", text),)), 401)
    twice = (("Authorization", "Bearer a"), ("Authorization", "Bearer b"))
    yield case("two identities", Sent(headers=twice), 401)
    ticket = f"/tickets/{_UNKNOWN}"
    for text in ("3", '"3', "W/3", '"a" "b', ",", "'3'"):
        edit = Sent("PATCH", ticket, (JSON, ("If-Match", text)), b'{"status": "open"}')
        yield case(f"If-Match {text}", edit, 400, 404)
        yield case(
            f"If-None-Match {text}", Sent("GET", ticket, (("If-None-Match", text),)), 400, 404
        )
    for name, text in (
        ("Accept", "text/html"),
        ("Accept", "application/xml;q=9"),
        ("X-HTTP-Method-Override", "DELETE"),
        ("X-Forwarded-Host", "evil.example"),
        ("X-Forwarded-For", "' OR 1=1"),
        ("Forwarded", "for=evil"),
        ("Cookie", "a=b; " * 500),
        ("Range", "bytes=0-1"),
        ("Expect", "200-ok"),
        ("Accept-Encoding", "evil;q=1"),
        ("Transfer-Encoding", "identity"),
        ("Content-Length", "0"),
        ("X-Amzn-Trace-Id", "Root=x;;;"),
    ):
        yield case(f"{name} {text[:20]}", Sent("GET", ticket, ((name, text),)), 404)
    yield case("200 headers", Sent("GET", ticket, tuple((f"X-{i}", "a") for i in range(200))), 404)


def request_ids() -> Iterator[Case]:
    """Correlation ids; the test looks at what is answered."""
    values: dict[str, str | bytes] = {
        "200 characters": "a" * 200,
        "empty": "",
        "colours": "\x1b[31mred",
        "JSON": '"},{"level":"ERROR',
        "escaped line break": "a%0d%0aSet-Cookie: b",
        "written line break": "a\\r\\nSet-Cookie: b",
        "bytes": b"\xff\xfe",
        "spaces": "a b c",
        "script": "<script>alert(1)</script>",
        "lookup": "${jndi:ldap://evil}",
    }
    for name, text in values.items():
        yield case(name, Sent("GET", "/health", (("X-Request-ID", text),)), 200)
    folded = Sent("GET", "/health", (("X-Request-ID", "a\r\n b"),))
    yield case("folded", folded, 200, 400)
    split = Sent("GET", "/health", (("X-Request-ID", "a\r\nSet-Cookie: b=c"),))
    yield case("a line break, which makes two headers", split, 200)


def methods() -> Iterator[Case]:
    """Methods that a path does not have, or that nobody has."""
    for method in (
        "PUT",
        "DELETE",
        "PATCH",
        "HEAD",
        "TRACE",
        "PROPFIND",
        "QUERY",
    ):
        yield case(method, Sent(method, "/tickets"), 404)
    # LocalStack writes it in capitals.
    yield case("small letters", Sent("get", "/tickets"), 200, 404)
    for method, path in (("POST", "/health"), ("DELETE", "/openapi.json"), ("PUT", "/docs")):
        yield case(f"{method} {path}", Sent(method, path), 404)
    yield case("a long one", Sent("M" * 2_000, "/tickets"), 404)
    yield case("CONNECT", Sent("CONNECT", "/tickets"), 404)
    yield case("a space", Sent("GE T", "/tickets"), 400, ours=False)
    yield case("nothing", Sent("", "/tickets"), 400, ours=False)


def paths() -> Iterator[Case]:
    """Paths."""
    for path in (
        *("/nowhere", "/TICKETS", "/tickets%00", "/tickets%2f", "/%2e%2e/tickets"),
        *("/docs/..%2f..%2fhandler.py", "/docs/handler.py", "/docs/openapi.json", "/docs/%00"),
        *("/favicon.ico", "/.env", "/.git/config", "/wp-login.php", "/a" * 1_500, "/%F0%9F%98%80"),
        *("/tickets\\", "/%", "/%zz", "/*", "/admin", "/admin/failures/replay/x", '/a"b', "/<x>"),
        *("/${7*7}", "/{{7*7}}", "/tickets/a/b/c/d", "//", "/tickets/" + _UNKNOWN + "/nothing"),
    ):
        yield case(path[:40], Sent("GET", path), 404)
    # LocalStack cuts it off.
    yield case("a parameter", Sent("GET", "/tickets;x=1"), 200, 404)
    yield case("UTF-8", Sent("GET", "/tïckets"), 400, 404, ours=False)
    yield case("bytes", Sent("GET", b"/\xff\xfe"), 400, 404, ours=False)
    yield case("fragment", Sent("GET", "/nowhere#/tickets"), 400, 404)
    for path in ("//tickets", "/./tickets", "/tickets//", "/%74ickets", "/nowhere/../tickets"):
        yield case(path, Sent("GET", path), 200, 404)
    # LocalStack's own root.
    for method, target in (("GET", "http://evil.example/"), ("GET", "tickets"), ("OPTIONS", "*")):
        yield case(
            f"{method} {target}", Sent(method, target, leaves=True), 200, 400, 404, ours=False
        )


def framing() -> Iterator[Case]:
    """What LocalStack's HTTP server decides, as AWS's front end does: ours must survive it."""
    body = b'{"subject": "a", "body": "b", "customer_id": "c"}'
    for value in ("abc", "-1", "1e3", "0x10", "+5"):
        framed = Sent("POST", "/tickets", (JSON, ("Content-Length", value)), body)
        yield case(f"length {value}", framed, 0, 400, 202, ours=False)
    lengths = (JSON, ("Content-Length", "5"), ("Content-Length", "6"))
    yield case("two lengths", Sent("POST", "/tickets", lengths, body), 0, 400, ours=False)
    chunked = (JSON, ("Transfer-Encoding", "chunked"))
    for name, chunks in (
        ("bad chunk", b"zz\r\nab\r\n0\r\n\r\n"),
        ("endless chunk", b"fffffffff\r\na"),
    ):
        broken = Sent("POST", "/tickets", chunked, chunks, framed=False)
        yield case(name, broken, 0, 400, ours=False)
    good = b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)
    yield case("chunks", Sent("POST", "/tickets", chunked, good, framed=False), 202)
    yield case("no host", Sent(headers=(("Host", ""),)), 200, 400, 404, ours=False)
    yield case("a strange host", Sent(headers=(("Host", "evil.example"),)), 200, ours=False)
    long = Sent(headers=(("X-Long", "a" * 70_000),))
    yield case("70 KB in a header", long, 0, 400, 431, ours=False)
    yield case("NUL in a header", Sent(headers=(("X-A", b"a\x00b"),)), 0, 200, 400, ours=False)
    yield case("no colon", Sent(headers=(("X-A\r\nnonsense", ""),)), 0, 200, 400, ours=False)
