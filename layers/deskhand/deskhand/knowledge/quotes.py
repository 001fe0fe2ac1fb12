"""What of an article can be quoted: sentences, items of lists, rows of tables, code."""

import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any, Literal

# Between the headings above a section, outermost first.
SEPARATOR = " › "
# Stands for a space within code, where no sentence ends and no space is dropped.
GLUE = "\ue000"
# The next sentence does not begin with a small letter: "order ... has no price list" is one.
_END = re.compile(
    r"(?<![.!?\u2026])[.!?\u2026]++[\"'\u201d\u00bb\u2019)\]]*+\s++"
    r"|(?<![\u3002\uff01\uff1f])[\u3002\uff01\uff1f]++[\u300d\u300f\uff09]*+\s*+"
)


@dataclass(frozen=True, slots=True)
class Quote:
    """Words of an article that can be said by themselves, as plain text; code keeps its lines.

    An item knows the `list` that it is from, and how many items it has: a list is quoted whole.
    """

    text: str
    kind: Literal["sentence", "item", "row", "code"]
    numbered: bool = False
    list: int = 0
    items: int = 0

    @property
    def document(self) -> dict[str, Any]:
        """The quote as it is stored."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Passage:
    """A section of an article; `number` is its position in the page, `section` its heading path.

    `near` is its score in the search for the ticket, 0 to 2.
    """

    slug: str
    number: int
    title: str
    section: str
    text: str
    quotes: tuple[Quote, ...] = ()
    near: float = 0.0

    @property
    def id(self) -> str:
        """The id by which a draft cites the passage."""
        return f"{self.slug}#{self.number}"

    @property
    def heading(self) -> str:
        """The heading right above the passage."""
        return self.section.rpartition(SEPARATOR)[2]


def passage_from(row: dict[str, Any]) -> Passage:
    """The passage in a row of the store."""
    return Passage(**row | {"quotes": tuple(Quote(**each) for each in row["quotes"])})


def sentences(text: str) -> Iterator[Quote]:
    """The sentences of a paragraph, with the spaces of code restored."""
    start = 0
    for end in _END.finditer(text):
        following = text[end.end() : end.end() + 1]
        if following and not following.islower():
            yield from _sentence(text[start : end.end()])
            start = end.end()
    yield from _sentence(text[start:])


def _sentence(text: str) -> Iterator[Quote]:
    if plain := unglue(text):
        yield Quote(plain, "sentence")


def glue(code: str) -> str:
    """Code within a line of text, with its spaces protected."""
    return code.replace(" ", GLUE)


def unglue(text: str) -> str:
    """A line of text with single spaces, and the spaces of code as they are."""
    return " ".join(text.split()).replace(GLUE, " ")
