"""The one normal form of text: in it texts are compared, searched, looked up and read by models.

Width and compatibility forms (NFKC), characters that nobody sees, and marks that belong to no
letter make no difference. The text itself stays as it was sent.
"""

import re
import unicodedata

# Characters that are not seen: zero-width ones, soft hyphens, marks of direction, fillers.
INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\u20e3\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb"
    "\U000e0000-\U000e0fff]"
)
# Marks that are left over where no letter takes them; those of India and others are letters' parts.
LOOSE = re.compile("[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]")


def normalise_text(text: str) -> str:
    """The text in its normal form, with its case and white space."""
    if text.isascii():
        return text
    return LOOSE.sub("", unicodedata.normalize("NFKC", INVISIBLE.sub("", text)))


def normal_form(name: str) -> str:
    """The form in which names and words are compared: case and white space are ignored too."""
    folded = normalise_text(normalise_text(name).casefold())
    return " ".join(folded.split())
