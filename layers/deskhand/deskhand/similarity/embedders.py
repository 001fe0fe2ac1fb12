"""The embedding models of this installation, by the name stored with their vectors."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, partial
from typing import TYPE_CHECKING

from deskhand.errors import ModelUnavailable
from deskhand.settings import embedder
from deskhand.settings.embedder import EmbedderSpec
from deskhand.settings.environment import SettingInvalid, Settings, settings
from deskhand.similarity import built_in
from deskhand.similarity.built_in import Floats

if TYPE_CHECKING:
    from deskhand.similarity.adapters.remote import EmbeddingAdapter

# The API waits for 29 s, and the next refresh begins after a minute.
MAX_SECONDS = 20.0
_BATCH = 32


@dataclass(frozen=True)
class Embedder:
    """A model; `embed` returns one row of unit length for each text, shape (n, dimensions).

    `batch` is the number of texts per call when there are many.
    """

    model: str
    batch: int
    embed: Callable[[Sequence[str]], Floats]


def configured_embedder() -> EmbedderSpec:
    """The configured model, which is to read all tickets and articles."""
    return embedder.parse(settings().embedder)


def embedder_of(model: str) -> Embedder:
    """The model of that name, which may be the previous one.

    Raises ModelUnavailable when the previous model cannot be used any more, and SettingInvalid when
    the configured one lacks a setting.
    """
    try:
        spec = embedder.of_name(model)
    except ValueError:
        raise ModelUnavailable(f"nobody knows the embedding model {model} any more") from None
    try:
        return _embedder(spec, settings())
    except SettingInvalid as error:
        if model == configured_embedder().name:
            raise
        raise ModelUnavailable(
            f"the embedding model {model} cannot be asked any more: {error}"
        ) from None


def embed_texts(embedder: Embedder, texts: Sequence[str]) -> list[str]:
    """The vector of each text as pgvector's text format."""
    rows = embedder.embed(texts).tolist() if texts else []
    return ["[" + ",".join(f"{number:.5g}" for number in row) + "]" for row in rows]


@cache
def _embedder(spec: EmbedderSpec, settings: Settings) -> Embedder:
    """Built once for each execution environment."""
    if spec in embedder.BUILT_IN:
        return Embedder(spec.name, _BATCH, partial(built_in.embed, spec.name))
    from deskhand.similarity.adapters.remote import RemoteEmbedder

    timeout = min(settings.llm_timeout_seconds, MAX_SECONDS)
    adapter = _adapter(spec, settings, timeout)
    return Embedder(spec.name, adapter.batch, RemoteEmbedder(spec, adapter, timeout).embed)


# Each adapter is imported only when it is asked: their libraries take most of a cold start.
def _adapter(spec: EmbedderSpec, settings: Settings, timeout: float) -> "EmbeddingAdapter":
    match spec.provider:
        case "openai":
            from deskhand.similarity.adapters.openai import OpenAIEmbeddings

            return OpenAIEmbeddings(spec, settings, timeout)
        case "ollama":
            from deskhand.similarity.adapters.ollama import OllamaEmbeddings

            return OllamaEmbeddings(spec, settings, timeout)
        case _:
            from deskhand.similarity.adapters.bedrock import Titan

            return Titan(spec, settings)
