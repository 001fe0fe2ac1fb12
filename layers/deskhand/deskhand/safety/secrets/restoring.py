"""Puts secrets back where somebody sends a text that was read with its secrets hidden."""

import re
from collections import Counter, defaultdict
from typing import Any

from deskhand.safety.secrets.finding import find_secrets
from deskhand.safety.secrets.hiding import BULLET, bullets, hide_in

_RUN = re.compile(rf"{BULLET}+(?:\r?\n{BULLET}+)*")
# Fewer bullets may be marks of a list.
_SHORTEST = 4


class NotRestorable(Exception):
    """Hidden characters stand for no secret of the stored text."""


def restore(stored: Any, given: Any) -> Any:
    """The given value with the secrets of the stored one in place of its bullets.

    Raises NotRestorable where bullets cannot be told from a secret that is stored.
    """
    match given, stored:
        case str(), _:
            return _restore_text(stored if isinstance(stored, str) else "", given)
        case dict(), dict():
            hidden = hide_in(stored)
            return {
                key: stored[key] if isinstance(item, str) and item == hidden.get(key)
                else restore(stored.get(key), item)
                for key, item in given.items()
            }  # fmt: skip
        case list(), list():
            padded = [*stored, *[None] * len(given)]
            return [restore(old, item) for old, item in zip(padded, given, strict=False)]
        case dict(), _:
            return {key: restore(None, item) for key, item in given.items()}
        case list(), _:
            return [restore(None, item) for item in given]
    return given


def _restore_text(stored: str, given: str) -> str:
    runs = list(_RUN.finditer(given))
    counts, own = Counter(run[0] for run in runs), set(_RUN.findall(stored))
    hidden = _hidden(stored)
    pieces, place = list[str](), 0
    for run in runs:
        if values := hidden.get(run[0]):
            text = _told_apart(values, counts[run[0]])
        elif run[0] in own or len(run[0]) < _SHORTEST:
            text = run[0]
        else:
            raise NotRestorable
        pieces += given[place : run.start()], text
        place = run.end()
    return "".join([*pieces, given[place:]])


def _hidden(stored: str) -> dict[str, list[str]]:
    """The secrets of the text in its order, under what is shown of them."""
    found = defaultdict[str, list[str]](list)
    for each in find_secrets(stored):
        found[bullets(stored, each)].append(stored[each.start : each.end])
    return found


def _told_apart(values: list[str], count: int) -> str:
    """The next of several secrets that are shown alike: all of them must be there, or equal."""
    if len(set(values)) > 1 and len(values) != count:
        raise NotRestorable
    return values.pop(0) if len(values) > 1 else values[0]
