"""The text of sections as embedding models read it."""

from typing import Protocol

from deskhand.knowledge.quotes import SEPARATOR


class SectionText(Protocol):
    """A section's text."""

    @property
    def title(self) -> str: ...
    @property
    def heading(self) -> str: ...
    @property
    def body(self) -> str: ...


def section_text(section: SectionText) -> str:
    """The text that an embedding model reads of a section: title and heading path first, then the
    body."""
    about = dict.fromkeys((section.title, *section.heading.split(SEPARATOR)))
    return "\n".join((*about, section.body))
