"""Sections of articles in numbers."""

from typing import Protocol


class Text(Protocol):
    """A section's text."""

    @property
    def title(self) -> str: ...
    @property
    def heading(self) -> str: ...
    @property
    def body(self) -> str: ...


def told(section: Text) -> str:
    """What is read of a section: what it is about comes first."""
    about = dict.fromkeys((section.title, section.heading))
    return "\n".join((*about, section.body))
