"""Entity tags: which version of a ticket or an answer a caller has seen (RFC 9110, 8.8.3)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus

from deskhand.api.problem import problem_of

_TAG = re.compile(r'(W/)?("[!#-~\x80-\uffff]*")')


@dataclass(frozen=True)
class Tags:
    """The entity tags of an If-Match or If-None-Match header; `every` stands for `*`."""

    strong: frozenset[str] = frozenset()
    weak: frozenset[str] = frozenset()
    every: bool = False

    def match(self, version: int | str) -> bool:
        """Strong comparison, as If-Match requires: a weak tag never matches."""
        return self.every or etag(version) in self.strong

    def match_weakly(self, version: int | str) -> bool:
        """Weak comparison, as If-None-Match requires."""
        return self.every or etag(version) in self.strong | self.weak


def etag(version: int | str) -> str:
    """The strong entity tag of a version: of a ticket, or of an answer."""
    return f'"{version}"'


def tags_of(name: str, values: Sequence[str]) -> Tags | None:
    """The tags in all headers of that name, None without any; raises a 400 Problem."""
    if not values:
        return None
    text = ", ".join(values).strip()
    if text == "*":
        return Tags(every=True)
    found = _TAG.findall(text)
    if not found or _TAG.sub("", text).strip(" \t,"):
        raise problem_of(
            HTTPStatus.BAD_REQUEST, name, 'must be * or entity tags as ETag gives them: "3"'
        )
    return Tags(
        frozenset(tag for weak, tag in found if not weak),
        frozenset(tag for weak, tag in found if weak),
    )
