"""Text cut where it may be cut: between words."""

CUT = "\u2026"


def shorten(text: str, characters: int = 120) -> str:
    """The text on one line of at most so many characters; with CUT behind its last whole word."""
    line = " ".join(text.split())
    if len(line) <= characters:
        return line
    cut = line[: characters - len(CUT)]
    words = cut.rpartition(" ")[0]
    whole = line[len(cut)] == " " or len(words) <= characters // 2
    return (cut if whole else words).rstrip(" ,;:-") + CUT


def begins_with(text: str, beginning: str) -> bool:
    """Whether the text begins so, shortened or not; white space does not count."""
    wanted = " ".join(beginning.removesuffix(CUT).split())
    # Enough of the text for the words that are wanted, unless they stand very far apart.
    return " ".join(text[: 4 * len(beginning) + 100].split()).startswith(wanted)
