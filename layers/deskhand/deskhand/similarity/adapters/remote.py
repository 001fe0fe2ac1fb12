"""What all remote models share: masking and limits of the text, time limit, checks of the
answer."""

import re
import time
from collections.abc import Sequence
from itertools import batched
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from deskhand.errors import DeskhandError, ModelOutputInvalid, ModelRefused
from deskhand.models.wrappers.masking import mask
from deskhand.settings.embedder import EmbedderSpec
from deskhand.similarity.readable import readable

# Only the first bytes of a text's UTF-8 are sent. A token has at least one byte, and OpenAI and
# Titan read 8,192 tokens.
TEXT_BYTES = 8_000
# 64 vectors of 4,000 numbers as decimal text.
RESPONSE_BYTES = 8 * 1024 * 1024
# When a model rejects less than this as too long, the length is not the cause.
_SHORTEST = 250
_TOO_LONG = re.compile(r"context (length|size|window)|tokens|too (long|large)|maxLength", re.I)

type Floats = NDArray[np.float32]
type Rows = list[list[float]]


class TooLong(Exception):
    """The model rejects a text as too long; never leaves `Outside`."""


def embedding_error(said: str, refusal: DeskhandError) -> Exception:
    """TooLong when the message complains of the length, otherwise the model error itself."""
    return TooLong(str(refusal)) if _TOO_LONG.search(said) else refusal


class EmbeddingAdapter(Protocol):
    """A remote model's wire format; raises only TooLong and the model errors of
    `deskhand.errors`."""

    @property
    def batch(self) -> int:
        """The largest number of texts in one `ask`."""
        ...

    def allow(self, seconds: float) -> None:
        """Sets the time limit in seconds of the next `ask`."""
        ...

    def ask(self, texts: Sequence[str]) -> Rows:
        """The vector of each text, in the order of the texts, unchecked."""
        ...

    def close(self) -> None:
        """Close the kept connection."""
        ...


class RemoteEmbedder:
    """A remote model. Personal data is always masked first, regardless of LLM_MASKING, so that a
    vector does not depend on that setting."""

    def __init__(self, spec: EmbedderSpec, adapter: EmbeddingAdapter, timeout: float) -> None:
        self._spec = spec
        self._adapter = adapter
        self._timeout = timeout

    def embed(self, texts: Sequence[str]) -> Floats:
        """One row of unit length for each text, shape (n, dimensions), all within the timeout.

        Only the first 8,000 bytes of a text count, or fewer when the model rejects that as too
        long. Raises ModelUnavailable, ModelRateLimited, ModelRefused or ModelOutputInvalid.
        """
        deadline = time.monotonic() + self._timeout
        hidden = [mask(readable(text)).text for text in texts]
        rows: Rows = []
        for several in batched(hidden, self._adapter.batch, strict=False):
            self._adapter.allow(deadline - time.monotonic())
            rows += self._rows(several)
        return self._unit(rows)

    def close(self) -> None:
        """Close the kept connection."""
        self._adapter.close()

    def _rows(self, texts: Sequence[str], limit: int = TEXT_BYTES) -> Rows:
        try:
            rows = self._adapter.ask([_cut(text, limit) for text in texts])
        except TooLong as error:
            if len(texts) > 1:  # only one is too long: the others must not be cut with it
                return [row for text in texts for row in self._rows([text])]
            if limit // 2 < _SHORTEST:
                raise ModelRefused(str(error)) from None
            return self._rows(texts, limit // 2)
        if len(rows) != len(texts):
            said = f"{len(rows)} vectors came for {len(texts)} texts"
            raise ModelOutputInvalid(f"{self._spec.name}: {said}")
        return rows

    def _unit(self, rows: Rows) -> Floats:
        if wrong := {len(row) for row in rows} - {self._spec.dimensions}:
            said = f"vectors of {min(wrong)} numbers came, not of {self._spec.dimensions}"
            raise ModelOutputInvalid(f"{self._spec.name}: {said}")
        given = np.array(rows, np.float64).reshape(-1, self._spec.dimensions)
        with np.errstate(over="ignore"):
            lengths = np.linalg.norm(given, axis=1, keepdims=True)
        if not (np.isfinite(lengths) & (lengths > 0)).all():
            said = "a vector came that has no direction (zeros, or what is no number)"
            raise ModelOutputInvalid(f"{self._spec.name}: {said}")
        return (given / lengths).astype(np.float32)


def _cut(text: str, limit: int) -> str:
    # A lone surrogate has no UTF-8.
    return text.encode("utf-8", "replace")[:limit].decode("utf-8", "ignore")
