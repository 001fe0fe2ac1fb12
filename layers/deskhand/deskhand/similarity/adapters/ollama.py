"""Ollama's embedding models through its native API."""

from collections.abc import Sequence

import httpx2
from pydantic import BaseModel, ConfigDict, ValidationError

from deskhand.errors import ModelUnavailable
from deskhand.models.adapters import wire
from deskhand.models.adapters.ollama import post
from deskhand.models.adapters.wire import BoundedTransport
from deskhand.settings.embedder import EmbedderSpec
from deskhand.settings.environment import Settings
from deskhand.similarity.adapters.remote import RESPONSE_BYTES, Rows, embedding_error


class OllamaEmbeddings:
    """A model that an Ollama server runs; small batches, since it may run without a GPU."""

    batch = 8

    def __init__(self, spec: EmbedderSpec, settings: Settings, timeout: float) -> None:
        self._transport = BoundedTransport(RESPONSE_BYTES)
        self._client = httpx2.Client(
            base_url=settings.ollama_base_url, transport=self._transport, timeout=timeout
        )
        # Older releases ignore `dimensions`, and some do not truncate.
        self._choice = {"model": spec.model, "dimensions": spec.dimensions, "truncate": True}

    def allow(self, seconds: float) -> None:
        """Sets the time limit in seconds of the next `ask`."""
        self._transport.allow(seconds)

    def ask(self, texts: Sequence[str]) -> Rows:
        """The vector of each text."""
        response = post(self._client, "/api/embed", {**self._choice, "input": list(texts)})
        if not response.is_success:
            refusal = wire.refusal("ollama", response.status_code, response.headers)
            raise (
                embedding_error(response.text, refusal) if response.status_code == 400 else refusal
            )
        try:
            return _Response.model_validate_json(response.content).embeddings
        except ValidationError:
            raise ModelUnavailable("ollama answered with something else than vectors") from None

    def close(self) -> None:
        """Close the kept connection."""
        self._client.close()


class _Response(BaseModel):
    model_config = ConfigDict(strict=True)

    embeddings: list[list[float]]
