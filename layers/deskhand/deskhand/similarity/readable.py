"""A text as embedding models read it."""

from deskhand.normal_form import normalise_text
from deskhand.safety.secrets.hiding import hide
from deskhand.ticket import cut


def readable(text: str) -> str:
    """The text without secrets, in its normal form, cut to what models read."""
    # Hidden first: a cut might part a secret from the word that announces it.
    return normalise_text(cut(hide(text)))
