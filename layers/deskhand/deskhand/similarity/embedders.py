"""The embedding models that this installation can ask, by the name that their vectors carry."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from deskhand.errors import ModelUnavailable
from deskhand.providers import embedding
from deskhand.providers.embedding import Floats


@dataclass(frozen=True)
class Embedder:
    """A model; `embed` makes a row of unit length of each text, shape (n, dimensions)."""

    model: str
    dimensions: int
    embed: Callable[[Sequence[str]], Floats]


def configured() -> Embedder:
    """The model that all tickets and articles are to be read by."""
    return Embedder(embedding.MODEL, embedding.DIMENSIONS, embedding.embed)


def named(model: str) -> Embedder:
    """The model of that name, which may be the one before; raises ModelUnavailable."""
    wanted = configured()
    if wanted.model != model:
        raise ModelUnavailable(f"the embedding model {model} is not configured any more")
    return wanted


def numbers(embedder: Embedder, texts: Sequence[str]) -> list[str]:
    """The vector of each text, as Postgres reads it."""
    rows = embedder.embed(texts).tolist() if texts else []
    return ["[" + ",".join(f"{number:.5g}" for number in row) + "]" for row in rows]
