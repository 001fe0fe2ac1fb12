"""Hides secrets: each character becomes a bullet, so all other places stay where they are."""

from functools import lru_cache
from typing import Any, TypedDict

from deskhand.safety.secrets.finding import Secret, find_secrets

BULLET = "\u2022"
# As many characters of a body are searched. A secret that begins before the end is read whole.
SEARCHED, _BEYOND = 60_000, 5_000


class Place(TypedDict):
    """Where a secret of some kind is, without the secret."""

    kind: str
    field: str
    start: int
    end: int


def hide(text: str) -> str:
    """The text without its secrets, of the same length; line ends stay."""
    pieces, place = list[str](), 0
    for secret in find_secrets(text):
        pieces += text[place : secret.start], bullets(text, secret)
        place = secret.end
    return "".join([*pieces, text[place:]])


def hide_in[Value](value: Value) -> Value:
    """The same value with the secrets in all its texts hidden.

    The name of a member announces a secret as words before it do.
    """
    return _walked(value)  # type: ignore[no-any-return]


def searchable_text(row: dict[str, Any]) -> dict[str, str]:
    """Subject and body of a ticket without secrets, as far as a search reads them."""
    body = row["body"]
    return {
        "subject": hide(row["subject"]),
        "body": hide(body[: SEARCHED + _BEYOND])[:SEARCHED],
    }


def places(row: dict[str, Any]) -> list[Place]:
    """The secrets in subject and body of a ticket."""
    return [
        {"kind": each.kind, "field": field, "start": each.start, "end": each.end}
        for field in ("subject", "body")
        for each in find_secrets(row[field])
    ]


def bullets(text: str, secret: Secret) -> str:
    """What is shown in place of the secret; line ends stay."""
    return "".join(c if c in "\r\n" else BULLET for c in text[secret.start : secret.end])


def _walked(value: Any) -> Any:
    match value:
        case str():
            return hide(value)
        case dict():
            return {key: _named(key, item) for key, item in value.items()}
        case list():
            return [_walked(item) for item in value]
    return value


def _named(name: Any, value: Any) -> Any:
    if isinstance(value, str) and _announces(str(name)) and find_secrets(f"{name}: {value}"):
        return BULLET * len(value)
    return _walked(value)


@lru_cache(maxsize=512)
def _announces(name: str) -> bool:
    """Whether what has this name would be a secret, if it looked like one."""
    return bool(find_secrets(f"{name[:100]}: Aa1!Aa1!Aa1!"))
