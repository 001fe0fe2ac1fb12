"""The word lists of word_lists.toml."""

import tomllib
from importlib.resources import files

_LISTS = tomllib.loads(
    files("deskhand.safety.personal_data").joinpath("word_lists.toml").read_text("utf-8")
)


def words_of(name: str) -> frozenset[str]:
    """The words of that list."""
    return frozenset(_LISTS[name].split())


def phrases_of(name: str) -> frozenset[str]:
    """The phrases of that list, which stand between commas."""
    return frozenset(" ".join(phrase.split()) for phrase in _LISTS[name].split(","))
