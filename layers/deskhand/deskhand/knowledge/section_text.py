"""Sections of articles in numbers."""

from typing import Protocol

from deskhand.knowledge.sections import SEPARATOR


class Text(Protocol):
    """A section's text."""

    @property
    def title(self) -> str: ...
    @property
    def heading(self) -> str: ...
    @property
    def body(self) -> str: ...


def section_text(section: Text) -> str:
    """What is read of a section: what it is about comes first, with all headings above it."""
    about = dict.fromkeys((section.title, *section.heading.split(SEPARATOR)))
    return "\n".join((*about, section.body))
