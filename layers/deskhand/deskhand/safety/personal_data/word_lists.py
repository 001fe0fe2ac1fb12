"""The word lists of word_lists.toml."""

import json
from pathlib import Path

_LISTS = json.loads(Path(__file__).with_name("word_lists.json").read_text("utf-8"))


def words_of(name: str) -> frozenset[str]:
    """The words of that list."""
    return frozenset(_LISTS[name].split())


def phrases_of(name: str) -> frozenset[str]:
    """The phrases of that list, which stand between commas."""
    return frozenset(" ".join(phrase.split()) for phrase in _LISTS[name].split(","))
