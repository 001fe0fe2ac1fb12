"""Parses a JSON body and rejects what a later stage could not store or would read differently."""

import json
import math
from typing import Any, NoReturn

MAX_DEPTH = 32
_EXACT = 2**53


class Malformed(Exception):
    """The body is not acceptable JSON; `pointer` says where, "" for the whole body."""

    def __init__(self, pointer: str, detail: str) -> None:
        super().__init__(detail)
        self.pointer = pointer
        self.detail = detail


def parse(body: bytes) -> Any:
    """The JSON value in `body`: UTF-8, no duplicate member, no NaN, no NUL, no lone surrogate.

    Postgres rejects NUL and lone surrogates, and parsers disagree on duplicate members. So they are
    rejected here, with their position.
    """
    value = decode(body)
    check(value)
    return value


def decode(body: bytes) -> Any:
    """The JSON value in `body`, before `check`; raises Malformed."""
    try:
        return json.loads(
            body.decode("utf-8"), object_pairs_hook=_members, parse_constant=_no_constant
        )
    except UnicodeDecodeError as error:
        raise Malformed("", f"byte {error.start} is not valid UTF-8") from None
    except json.JSONDecodeError as error:
        raise Malformed("", f"not JSON: {error.msg} at character {error.pos}") from None
    except ValueError:
        # Python does not parse integers of more than 4,300 digits.
        raise Malformed("", "a number has too many digits") from None
    except RecursionError:
        raise Malformed("", f"nested deeper than {MAX_DEPTH} levels") from None


def check(value: Any) -> None:
    """Raises Malformed, with the position, when a decoded value contains what Postgres rejects."""
    _check(value, "", 1)


def canonical(value: Any) -> bytes:
    """The same bytes for the same JSON value, regardless of member order and white space."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def fold_numbers(value: Any) -> Any:
    """The value with 1.0, 1e0 and 1 written as the same number, following RFC 8785.

    Numbers above 2**53 stay as they were sent: not every such integer is a float.
    """
    match value:
        case float() if value.is_integer() and abs(value) < _EXACT:
            return int(value)
        case list():
            return [fold_numbers(item) for item in value]
        case dict():
            return {name: fold_numbers(item) for name, item in value.items()}
    return value


def pointer(*path: str | int) -> str:
    """The JSON pointer (RFC 6901) of a path of member names and indexes."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in path)


def fault_of(text: str) -> str | None:
    """Why Postgres would reject the text; None: it would not."""
    if "\x00" in text:
        return "holds the character U+0000"
    if not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text):
        return "holds half of a surrogate pair"
    return None


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members: dict[str, Any] = {}
    for name, value in pairs:
        if name in members:
            raise Malformed(pointer(name.encode("ascii", "replace").decode()), "member given twice")
        members[name] = value
    return members


def _no_constant(name: str) -> NoReturn:
    raise Malformed("", f"{name} is not a JSON value")


def _check(value: Any, at: str, depth: int) -> None:
    match value:
        case list() | dict() if depth > MAX_DEPTH:
            raise Malformed("", f"nested deeper than {MAX_DEPTH} levels")
        case str():
            _check_text(value, at)
        case float() if not math.isfinite(value):
            raise Malformed(at, "number out of range")
        case list():
            for index, item in enumerate(value):
                _check(item, f"{at}/{index}", depth + 1)
        case dict():
            for name, item in value.items():
                _check_text(name, at)
                _check(item, at + pointer(name), depth + 1)


def _check_text(text: str, at: str) -> None:
    if fault := fault_of(text):
        raise Malformed(at, fault)
