"""The word lists of words.toml."""

import tomllib
from importlib.resources import files

_LISTS = tomllib.loads(
    files("deskhand.safety.personal_data").joinpath("words.toml").read_text("utf-8")
)


def words(name: str) -> frozenset[str]:
    """The words of that list."""
    return frozenset(_LISTS[name].split())


def phrases(name: str) -> frozenset[str]:
    """The phrases of that list, which stand between commas."""
    return frozenset(" ".join(phrase.split()) for phrase in _LISTS[name].split(","))
