"""The built-in embedding models, by the name that their vectors carry."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from deskhand.settings.embedder import EMBEDDED, MULTILINGUAL
from deskhand.similarity.adapters import minilm
from deskhand.ticket import TicketText

type Floats = NDArray[np.float32]


def embed(model: str, texts: Sequence[str]) -> Floats:
    """One row of unit length for each text by that built-in model."""
    return _reader_of(model)(texts)


def direction(model: str, tickets: Sequence[TicketText]) -> Floats:
    """One row of unit length for each ticket; the subject counts twice.

    A subject that only repeats the start of the body is ignored.
    """
    parts = [[t.text, t.subject] if t.subject and t.text != t.body else [t.text] for t in tickets]
    rows = embed(model, [part for several in parts for part in several])
    starts = np.cumsum([0, *map(len, parts)])[:-1]
    sums = np.add.reduceat(rows, starts, axis=0) if tickets else rows
    unit: Floats = sums / np.maximum(np.linalg.norm(sums, axis=1, keepdims=True), 1e-9)
    return unit


def _reader_of(model: str) -> Callable[[Sequence[str]], Floats]:
    if model == EMBEDDED.name:
        return minilm.embed
    if model != MULTILINGUAL.name:
        raise ValueError(f"{model} is no built-in embedding model")
    # Its table of words is large, and few installations choose it.
    from deskhand.similarity.adapters import multilingual

    return multilingual.embed
