"""Shortens text between words."""

from deskhand.ticket import CUT


def shorten(text: str, characters: int = 120) -> str:
    """The text on one line of at most so many characters; with CUT behind its last whole word."""
    line = " ".join(text.split())
    if len(line) <= characters:
        return line
    cut = line[: characters - len(CUT)]
    words = cut.rpartition(" ")[0]
    whole = line[len(cut)] == " " or len(words) <= characters // 2
    return (cut if whole else words).rstrip(" ,;:-") + CUT
