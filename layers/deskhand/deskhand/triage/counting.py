"""Numbers of people, in figures or in words."""

import re
import tomllib
from importlib.resources import files
from typing import Any

WORDS: dict[str, Any] = tomllib.loads(
    files("deskhand.triage").joinpath("words.toml").read_text(encoding="utf-8")
)
_COUNTS: dict[str, int] = WORDS["count"]
NUMBER = rf"(?:\d{{1,6}}|{'|'.join(sorted(_COUNTS, key=len, reverse=True))})"
_NUMBER = re.compile(rf"(?<![\w.]){NUMBER}(?!\w)", re.IGNORECASE)


def count_in(text: str) -> int | None:
    """The first whole number in a text; None where there is none."""
    found = _NUMBER.search(text)
    if found is None:
        return None
    return _COUNTS.get(found.group().casefold()) or int(found.group())
