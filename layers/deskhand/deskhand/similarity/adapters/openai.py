"""OpenAI and every server that offers its embeddings API."""

from collections.abc import Callable, Sequence
from typing import Any

import openai
from pydantic import BaseModel, ConfigDict, ValidationError

from deskhand.errors import ModelOutputInvalid, ModelUnavailable
from deskhand.models.adapters.openai import (
    ErrorInside,
    complaint_of,
    key_of,
    model_error,
    sdk_client,
    without,
)
from deskhand.models.adapters.wire import BoundedTransport
from deskhand.settings.embedder import EmbedderSpec
from deskhand.settings.environment import Settings
from deskhand.similarity.adapters.remote import RESPONSE_BYTES, Rows, embedding_error


class OpenAIEmbeddings:
    """A model behind an OpenAI-compatible endpoint.

    After a server has rejected the `dimensions` parameter, it is omitted.
    """

    batch = 64

    def __init__(self, spec: EmbedderSpec, settings: Settings, timeout: float) -> None:
        key = key_of(settings)
        self._transport = BoundedTransport(RESPONSE_BYTES)
        self._client = sdk_client(settings.openai_base_url, key, timeout, self._transport)
        self._create: Callable[..., Any] = self._client.embeddings.with_raw_response.create
        self._model = spec.model
        self._choice: dict[str, Any] = {"dimensions": spec.dimensions}

    def allow(self, seconds: float) -> None:
        """Sets the time limit in seconds of the next `ask`."""
        self._transport.allow(seconds)

    def ask(self, texts: Sequence[str]) -> Rows:
        """The vector of each text, in the order of the texts, whatever order the server returns."""
        # Not every server supports base64, which the SDK would request.
        body = {"model": self._model, "input": list(texts), "encoding_format": "float"}
        try:
            answer = self._create(**body, **self._choice)
        except openai.APIStatusError as error:
            if error.status_code not in (400, 413, 422):
                raise model_error(error) from None
            return self._again(texts, error)
        except openai.OpenAIError as error:
            raise model_error(error) from None
        return _rows(answer.content)

    def close(self) -> None:
        """Close the kept connection."""
        self._client.close()

    def _again(self, texts: Sequence[str], error: openai.APIStatusError) -> Rows:
        said = complaint_of(error)
        if "dimensions" in said and self._choice:
            self._choice = {}
            return self.ask(texts)
        raise embedding_error(said, model_error(error)) from None


class _Row(BaseModel):
    model_config = ConfigDict(strict=True)

    index: int
    embedding: list[float]


class _Response(BaseModel):
    data: list[_Row] | None = None
    error: ErrorInside | None = None


def _rows(content: bytes) -> Rows:
    try:
        answer = _Response.model_validate_json(content)
    except ValidationError:
        raise ModelUnavailable("openai answered with something else than vectors") from None
    if answer.data is None:
        raise without(answer.error, "vectors")
    found = sorted(answer.data, key=lambda row: row.index)
    if [row.index for row in found] != list(range(len(found))):
        raise ModelOutputInvalid("openai did not say which vector belongs to which text")
    return [row.embedding for row in found]
