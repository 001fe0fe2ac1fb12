"""Parses a catalog's YAML or JSON into plain values, with limits and a safe subset of YAML.

Scalars are read by YAML 1.2's core schema, so `no` and 12:30 are strings. Tags create no objects,
duplicate members are rejected, and aliases count with everything that they repeat.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NoReturn

import yaml

from deskhand.api.json_document import pointer
from deskhand.catalog.parse import CatalogInvalid

MAX_BYTES = 1_000_000
MAX_NODES = 100_000
MAX_ALIASES = 1_000
MAX_DEPTH = 20

_PARSER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_WORDS = {"": None, "~": None, "null": None, "true": True, "false": False}
_WORDS |= {form(word): value for word, value in list(_WORDS.items())
           for form in (str.upper, str.title)}  # fmt: skip
_INTEGER = re.compile(r"[-+]?[0-9]{1,18}", re.ASCII)
_NUMBER = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]{1,3})?", re.ASCII)


def document_of(data: bytes) -> Any:
    """The value in the text; raises CatalogInvalid with place and line of the error."""
    if len(data) > MAX_BYTES:
        raise CatalogInvalid([("", f"is larger than {MAX_BYTES} bytes")])
    try:
        text = data.decode("utf-8-sig")
        return _Builder(yaml.parse(text, Loader=_PARSER)).document()
    except UnicodeDecodeError as error:
        raise CatalogInvalid([("", f"byte {error.start} is not valid UTF-8")]) from None
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise CatalogInvalid([("", f"line {line}: not YAML: {error.problem}")]) from None
    except yaml.YAMLError as error:
        raise CatalogInvalid([("", f"not YAML: {str(error).splitlines()[0]}")]) from None


@dataclass(frozen=True, slots=True)
class _Node:
    """A value, and its number of nodes with all aliases expanded."""

    value: Any
    size: int


class _Builder:
    """Builds plain values from a parser's events."""

    def __init__(self, events: Iterator[Any]) -> None:
        self._events = events
        self._anchored: dict[str, _Node] = {}
        self._nodes = 0
        self._aliases = 0

    def document(self) -> Any:
        """The value of the one document in the text."""
        value = None
        for event in self._events:
            if isinstance(event, yaml.DocumentStartEvent) and self._nodes:
                _wrong(event, (), "a second document begins here")
            if isinstance(event, yaml.NodeEvent):
                value = self._node(event, ()).value
        return value

    def _node(self, event: Any, path: tuple[str | int, ...]) -> _Node:
        if isinstance(event, yaml.AliasEvent):
            return self._repeated(event, path)
        if event.tag is not None:
            _wrong(event, path, "tags are not supported")
        if len(path) > MAX_DEPTH:
            _wrong(event, path[:MAX_DEPTH], f"is nested deeper than {MAX_DEPTH} levels")
        self._count(event, path, 1)
        before = self._nodes
        if isinstance(event, yaml.MappingStartEvent):
            value: Any = self._mapping(path)
        elif isinstance(event, yaml.SequenceStartEvent):
            value = self._sequence(path)
        else:
            value = _scalar(event)
        node = _Node(value, 1 + self._nodes - before)
        # Registered only now: an alias inside its own anchor would be infinite.
        if event.anchor is not None:
            self._anchored[event.anchor] = node
        return node

    def _mapping(self, path: tuple[str | int, ...]) -> dict[str, Any]:
        members: dict[str, Any] = {}
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            # Before the key is read: nested keys do not lengthen the path, so no other check limits
            # them.
            if not isinstance(event, yaml.ScalarEvent):
                _wrong(event, path, "a member's name must be a plain word")
            name = self._node(event, path).value
            name = event.value if not isinstance(name, str) else name
            if name in members:
                _wrong(event, (*path, name), "is given twice")
            members[name] = self._node(next(self._events), (*path, name)).value
        return members

    def _sequence(self, path: tuple[str | int, ...]) -> list[Any]:
        items: list[Any] = []
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            items.append(self._node(event, (*path, len(items))).value)
        return items

    def _repeated(self, event: Any, path: tuple[str | int, ...]) -> _Node:
        self._aliases += 1
        if self._aliases > MAX_ALIASES:
            _wrong(event, path, f"has more than {MAX_ALIASES} aliases")
        if event.anchor not in self._anchored:
            _wrong(event, path, f"the anchor {event.anchor} is not defined before")
        node = self._anchored[event.anchor]
        self._count(event, path, node.size)
        return node

    def _count(self, event: Any, path: tuple[str | int, ...], size: int) -> None:
        self._nodes += size
        if self._nodes > MAX_NODES:
            _wrong(event, path, f"has more than {MAX_NODES} nodes, aliases written out")


def _scalar(event: Any) -> Any:
    text = event.value
    if event.style:  # quoted, or a block
        return text
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    return float(text) if _NUMBER.fullmatch(text) else text


def _wrong(event: Any, path: tuple[str | int, ...], detail: str) -> NoReturn:
    raise CatalogInvalid([(pointer(*path), f"line {event.start_mark.line + 1}: {detail}")])
