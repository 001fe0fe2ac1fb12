"""Bodies that are no JSON, no ticket, or too much of one."""

import gzip
import json
from collections.abc import Iterator
from typing import Any

from tests.e2e.bad_input.wire import JSON, Case, Sent, case

GOOD = {"subject": "A good one", "body": "after bad ones", "customer_id": "c-1"}
_TEXT = json.dumps(GOOD)
_LIMIT = 128 * 1024


def post(body: bytes, path: str = "/tickets") -> Sent:
    """A body as it is."""
    return Sent("POST", path, (JSON,), body)


def sent(**changes: Any) -> Sent:
    """A ticket with some members changed."""
    return post(json.dumps(GOOD | changes).encode())


def member(text: str) -> Sent:
    """A ticket whose metadata holds this text as a value."""
    return post(f'{_TEXT[:-1]}, "metadata": {{"a": {text}}}}}'.encode())


def _padded(size: int) -> Sent:
    return post(_TEXT.encode().ljust(size))


def not_text() -> Iterator[Case]:
    """Bytes that are not UTF-8."""
    yield case("UTF-16 with a byte order mark", post(_TEXT.encode("utf-16")), 400)
    yield case("UTF-16 little endian", post(_TEXT.encode("utf-16-le")), 400)
    yield case("UTF-16 big endian", post(_TEXT.encode("utf-16-be")), 400)
    yield case("UTF-32", post(_TEXT.encode("utf-32")), 400)
    yield case("UTF-8 with a byte order mark", post(_TEXT.encode("utf-8-sig")), 400)
    yield case("Latin-1", post(_TEXT.replace("good", "gööd").encode("latin-1")), 400)
    yield case("overlong encoding", post(_TEXT.encode().replace(b"good", b"\xc0\xaf")), 400)
    yield case("cut in a character", post(_TEXT.encode()[:20] + b"\xe2\x82"), 400)
    yield case("raw surrogate", post(_TEXT.encode().replace(b"good", b"\xed\xa0\x80")), 400)
    yield case("beyond Unicode", post(_TEXT.encode().replace(b"good", b"\xf4\x90\x80\x80")), 400)
    zipped = Sent("POST", "/tickets", (JSON, ("Content-Encoding", "gzip")), gzip.compress(b"{}"))
    # LocalStack unpacks it.
    yield case("gzip", zipped, 400, 415, 422)
    yield case("only noise", post(bytes(range(256))), 400)


def not_json() -> Iterator[Case]:
    """Text that is not JSON, or JSON that readers disagree on."""
    yield case("nothing", Sent("POST", "/tickets", (JSON,)), 400)
    for name, text in {
        "blanks": "  \n ",
        "cut": _TEXT[:-5],
        "garbage behind": _TEXT + "x",
        "two documents": _TEXT * 2,
        "trailing comma": _TEXT[:-1] + ",}",
        "single quotes": _TEXT.replace('"', "'"),
        "comment": "/* */" + _TEXT,
        "unquoted name": "{subject: 1}",
        "form": "subject=a&body=b&customer_id=c",
        "XML": "<ticket/>",
        "Python": "{'a': True}",
        "raw line break in text": _TEXT.replace("good", "go\nod"),
        "raw NUL in text": _TEXT.replace("good", "go\0od"),
        "NUL in text": _TEXT.replace("good", "\\u0000"),
        "NUL in a name": _TEXT[:-1] + ', "\\u0000": 1}',
        "half a surrogate pair": _TEXT.replace("good", "\\ud800"),
        "the other half": _TEXT.replace("good", "\\udc00"),
        "halves the wrong way round": _TEXT.replace("good", "\\udc00\\ud800"),
        "half a pair in a name": _TEXT[:-1] + ', "\\ud83d": 1}',
        "bad escape": _TEXT.replace("good", "\\x41"),
        "member twice": _TEXT[:-1] + ', "subject": "another"}',
        "member twice, once escaped": _TEXT[:-1] + ', "\\u0073ubject": "another"}',
        "100,000 brackets": "[" * 100_000,
        "50,000 objects": '{"a":' * 20_000,
    }.items():
        yield case(name, post(text.encode()), 400)


def not_values() -> Iterator[Case]:
    """Values inside of metadata that JSON or Postgres does not have."""
    for name, text in {
        "NaN": "NaN",
        "Infinity": "Infinity",
        "minus Infinity": "-Infinity",
        "1e999": "1e999",
        "-1e999": "-1e999",
        "5,000 digits": "9" * 5_000,
        "leading zero": "01",
        "plus": "+1",
        "no digit before the point": ".5",
        "no digit behind the point": "1.",
        "hexadecimal": "0x10",
        "undefined": "undefined",
        "33 levels": "[" * 31 + "]" * 31,
        "member twice, deep": '{"b": {"c": 1, "c": 2}}',
        "NUL, deep": '[[["\\u0000"]]]',
    }.items():
        yield case(name, member(text), 400)
    for name, text in {
        "32 levels": "[" * 30 + "]" * 30,
        "minus zero": "-0",
        "4,000 digits": "9" * 4_000,
        "small number": "1e-999",
        "noncharacter": '"\\uffff"',
        "right to left": '"\\u202e\\u2066"',
    }.items():
        yield case(name, member(text), 202)


def not_tickets() -> Iterator[Case]:
    """JSON that is no ticket."""
    for text in ("[]", f"[{_TEXT}]", "null", "true", "1", '"text"', "{}", '{"subject": {}}'):
        yield case(f"only {text[:12]}", post(text.encode()), 422)
    fields: dict[str, dict[str, Any]] = {
        "unknown member": {"colour": "red"},
        "__proto__": {"__proto__": {"admin": True}},
        "another's id": {"id": "00000000-0000-7000-8000-000000000000"},
        "a status": {"status": "closed"},
        "a caller": {"caller": "user:root"},
        "a version": {"version": 7},
        "number for text": {"subject": 1},
        "list for text": {"subject": ["a"]},
        "null for text": {"body": None},
        "object for text": {"customer_id": {"$ne": None}},
        "text for a list": {"tags": "a"},
        "number in tags": {"tags": [1]},
        "null in tags": {"tags": [None]},
        "list for metadata": {"metadata": []},
        "both spellings": {"title": "another"},
        "blank subject": {"subject": " \t\u00a0\u2003\ufeff"},
        "empty customer": {"customer_id": ""},
        "501 characters": {"subject": "s" * 501},
        "customer of 101": {"customer_id": "c" * 101},
        "21 tags": {"tags": ["a"] * 21},
        "tag of 101": {"tags": ["t" * 101]},
        "8,193 bytes of metadata": {"metadata": {"a": "m" * 8_192}},
    }
    for name, changes in fields.items():
        yield case(name, sent(**changes), 422)


def sizes() -> Iterator[Case]:
    """Around the limit, and far beyond."""
    yield case("the limit", _padded(_LIMIT), 202)
    yield case("one byte more", _padded(_LIMIT + 1), 413)
    yield case("2 MB", _padded(2_000_000), 413)
    yield case("7 MB, more than Lambda takes", _padded(7_000_000), 413)
    yield case("12 MB, more than API Gateway takes", _padded(12_000_000), 413)
    for path in ("/incidents", "/admin/failures/replay"):
        yield case(f"2 MB to {path}", post(b" " * 2_000_000, path), 413)


def actions() -> Iterator[Case]:
    """Bodies of the other requests that have one."""
    ticket = "/tickets/00000000-0000-7000-8000-000000000000"
    for text in ("[]", "null", '{"a": 1}', '"text"'):
        yield case(f"reprocess {text}", post(text.encode(), f"{ticket}/reprocess"), 422)
    for text in (
        *("{}", "[]", '{"run_id": 0}', '{"run_id": true}', '{"run_id": "1"}', '{"run_id": 1.5}'),
        *('{"run_id": 1e30}', '{"all": false}', '{"all": 1}', '{"run_id": 1, "all": true}'),
        *('{"step": "classify"}', '{"step": "", "error": ""}', '{"all": true, "dry_run": "no"}'),
    ):
        yield case(f"replay {text}", post(text.encode(), "/admin/failures/replay"), 422)
    for name, text, status in (
        ("nothing to change", "{}", 400),
        ("only a version", '{"version": 1}', 400),
        ("no condition", '{"status": "open"}', 428),
        ("unknown member", '{"version": 1, "id": 1}', 422),
        ("null status", '{"version": 1, "status": null}', 422),
        ("text version", '{"version": "1", "status": "open"}', 422),
        ("no such ticket", '{"version": 1, "status": "open"}', 404),
        ("a version of 40 digits", f'{{"version": {10**40}, "status": "open"}}', 404),
    ):
        yield case(f"patch: {name}", Sent("PATCH", ticket, (JSON,), text.encode()), status)
