"""Reads the metadata at the start of a page: between lines of `---` as YAML, of `+++` as TOML."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

import yaml

from deskhand.knowledge.readers import Readers

_FENCES = {"---": ("---", "..."), "+++": ("+++",)}
_LINES, _CHARACTERS, _DEPTH, _BRACKETS = 500, 20_000, 10, 200
# What a writer of front matter types, even where it is not valid YAML: `title: VPN: drops`.
_MEMBER = re.compile(r"([A-Za-z_][\w.-]{0,60}):(?:[ \t]+(.*))?")
_PARSER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
MAX_TAGS, MAX_TAG = 20, 50


@dataclass(frozen=True)
class FrontMatter:
    """What a page states about itself; other members are ignored."""

    title: str = ""
    tags: tuple[str, ...] = ()
    readers: Readers = "staff"


def split(page: str) -> tuple[FrontMatter, str]:
    """The front matter and the rest of the page."""
    lines = page.removeprefix("\ufeff").split("\n")
    closing = _FENCES.get(lines[0].rstrip())
    if not closing:
        return FrontMatter(), page
    end = next(
        (n for n, line in enumerate(islice(lines, 1, _LINES), 1) if line.rstrip() in closing), 0
    )
    inside = "\n".join(lines[1:end])
    if not end or len(inside) > _CHARACTERS or not _is_metadata(inside, lines[0].rstrip()):
        return FrontMatter(), page
    members = _toml(inside) if lines[0].startswith("+") else _yaml(inside)
    return _stated(members), "\n".join(lines[end + 1 :])


def _is_metadata(inside: str, fence: str) -> bool:
    """False for text between two thematic breaks."""
    if fence == "+++":
        return True
    lines = (line for line in inside.split("\n") if line.strip() and not line.startswith("#"))
    first = next(lines, None)
    return first is None or bool(_MEMBER.fullmatch(first.rstrip()))


def _toml(inside: str) -> dict[str, Any]:
    import tomllib  # few articles begin so

    try:
        return tomllib.loads(inside)
    except (ValueError, RecursionError):
        return {}


def _yaml(inside: str) -> dict[str, Any]:
    # libyaml looks at every open bracket for each new one.
    if inside.count("{") + inside.count("[") > _BRACKETS:
        return _plain(inside)
    try:
        return dict(_members(yaml.parse(inside, Loader=_PARSER)))
    except yaml.YAMLError:
        return _plain(inside)


def _plain(inside: str) -> dict[str, Any]:
    """The members of text that is no YAML, line by line."""
    lines = (_MEMBER.fullmatch(line.rstrip()) for line in inside.split("\n"))
    return {found[1]: (found[2] or "").strip("\"' ") for found in lines if found}


def _members(events: Iterator[Any]) -> Iterator[tuple[str, Any]]:
    """The members of the outermost mapping that are scalars or lists of scalars.

    Events are read one by one, so aliases cost nothing; deep nesting takes libyaml quadratic time.
    """
    depth, name, held = 0, None, list[str]()
    for event in events:
        if isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
            if depth == 1 and name is not None:
                yield name, held
                name = None
        elif isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > _DEPTH:
                raise yaml.YAMLError("nested too deeply")
            held = held if depth > 2 else []
        elif isinstance(event, yaml.ScalarEvent) and depth == 1:
            if name is not None:
                yield name, event.value
            name = event.value if name is None else None
        elif isinstance(event, yaml.ScalarEvent) and depth == 2:
            held.append(event.value)


def _stated(members: dict[str, Any]) -> FrontMatter:
    title = next((members[n] for n in ("title", "Title") if isinstance(members.get(n), str)), "")
    tags = members.get("tags", members.get("Tags", members.get("keywords", [])))
    named = tags.split(",") if isinstance(tags, str) else tags if isinstance(tags, list) else []
    plain = (" ".join(each.split()).strip("[]#\"' ") for each in named if isinstance(each, str))
    kept = dict.fromkeys(each for each in plain if 0 < len(each) <= MAX_TAG)
    # Whatever else it says, or says wrong, is not for everyone.
    readers: Readers = "everyone" if members.get("readers") == "everyone" else "staff"
    return FrontMatter(" ".join(title.split()), tuple(islice(kept, MAX_TAGS)), readers)
