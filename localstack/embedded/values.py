"""Readers of the values given to `make`; the error for a wrong one says what is accepted."""

import json
import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from embedded.errors import EmbeddedError

_YES, _NO = ("1", "yes", "true", "on"), ("", "0", "no", "false", "off")


def number(name: str, example: str, least: int = 1) -> Callable[[str], int]:
    """Return a reader of a whole number of at least `least`."""

    def read(text: str) -> int:
        if not re.fullmatch(r"[0-9]{1,9}", text) or int(text) < least:
            raise EmbeddedError(
                f"{name}={text}: give a whole number of at least {least}, for example `{example}`"
            )
        return int(text)

    return read


def flag(name: str) -> Callable[[str], bool]:
    """Return a reader of yes or no."""

    def read(text: str) -> bool:
        if text.lower() not in _YES + _NO:
            raise EmbeddedError(f"{name}={text}: give {name}=1 for yes, or leave it out for no")
        return text.lower() in _YES

    return read


def path(name: str, example: str) -> Callable[[str], Path]:
    """Return a reader of a path; refuses an empty one, which would be the current directory."""

    def read(text: str) -> Path:
        if not text:
            raise EmbeddedError(f"{name} is missing: give it, for example `{example}`")
        return Path(text)

    return read


def mapping(example: str) -> Callable[[str], dict[str, str]]:
    """Return a reader of a JSON object of texts; empty for an empty text."""

    def read(text: str) -> dict[str, str]:
        try:
            given = json.loads(text or "{}")
        except ValueError:
            given = None
        if not isinstance(given, dict) or not all(isinstance(v, str) for v in given.values()):
            raise EmbeddedError(f"MAPPING={text}: give fields and columns, for example `{example}`")
        return given

    return read


def text(name: str, example: str) -> Callable[[str], str]:
    """Return a reader of a text that must not be empty."""

    def read(given: str) -> str:
        if not given.strip():
            raise EmbeddedError(f"{name} is missing: give it, for example `{example}`")
        return given.strip()

    return read


def email(name: str, example: str) -> Callable[[str], str]:
    """Return a reader of an e-mail address."""

    def read(given: str) -> str:
        # Imported here: only this command needs it, and the import takes time.
        from deskhand.accounts.email import normalise

        address = text(name, example)(given)
        try:
            return normalise(address)
        except ValueError:
            raise EmbeddedError(
                f"{name}={given} is not an e-mail address: give one, for example `{example}`"
            ) from None

    return read


def choice(name: str, known: Iterable[str]) -> Callable[[str], str]:
    """Return a reader of one of the known words."""
    words = list(known)

    def read(text: str) -> str:
        if text not in words:
            raise EmbeddedError(f"{name}={text}: choose {alternatives(words)}")
        return text

    return read


def several(name: str, known: Iterable[str], given: str) -> list[str]:
    """Return the words in `given`, split at commas or spaces; all known ones when it is empty."""
    words, found = list(known), [word for word in re.split(r"[\s,]+", given) if word]
    if unknown := [word for word in found if word not in words]:
        raise EmbeddedError(
            f"{name}={given}: {', '.join(unknown)} does not exist; choose {alternatives(words)} "
            "(several with commas or spaces)"
        )
    return list(dict.fromkeys(found)) or words


def alternatives(words: Sequence[str]) -> str:
    """Return "a, b or c"."""
    return " or ".join(filter(None, (", ".join(words[:-1]), words[-1])))
