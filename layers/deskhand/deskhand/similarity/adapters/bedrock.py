"""Amazon Titan's embedding models on Bedrock: one text per request."""

import json
from collections.abc import Sequence
from typing import Any

from botocore.exceptions import ClientError
from pydantic import BaseModel, ConfigDict, ValidationError

from deskhand.errors import ModelUnavailable
from deskhand.models.adapters.bedrock_runtime import Runtime, complaint, model_error
from deskhand.settings.embedder import EmbedderSpec
from deskhand.settings.environment import Settings
from deskhand.similarity.adapters.remote import RESPONSE_BYTES, Rows, embedding_error


class Titan:
    """A Titan model, called with the function's own role.

    The first generation does not know the `dimensions` parameter, so it is omitted there.
    """

    batch = 8

    def __init__(self, spec: EmbedderSpec, settings: Settings) -> None:
        self._runtime = Runtime(
            settings.bedrock_region, settings.bedrock_endpoint_url, response_bytes=RESPONSE_BYTES
        )
        self._model = spec.model
        self._choice: dict[str, Any] = {"dimensions": spec.dimensions}

    def allow(self, seconds: float) -> None:
        """Sets the time limit in seconds of the next `ask`, for all its texts."""
        self._runtime.allow(seconds)

    def ask(self, texts: Sequence[str]) -> Rows:
        """The vector of each text, requested one after the other."""
        return [self._row(text) for text in texts]

    def close(self) -> None:
        """Close the kept connection."""
        self._runtime.close()

    def _row(self, text: str) -> list[float]:
        request = {
            "modelId": self._model,
            "body": json.dumps({"inputText": text, **self._choice}),
            "contentType": "application/json",
            "accept": "application/json",
        }
        try:
            content = self._runtime.ask("invoke_model", request)
        except ClientError as error:
            return self._again(text, error)
        try:
            return _Response.model_validate_json(content).embedding
        except ValidationError:
            raise ModelUnavailable("bedrock answered with something else than a vector") from None

    def _again(self, text: str, error: ClientError) -> list[float]:
        said = complaint(error)
        if "dimensions" in said and self._choice:
            self._choice = {}
            return self._row(text)
        raise embedding_error(said, model_error(error)) from None


class _Response(BaseModel):
    model_config = ConfigDict(strict=True)

    embedding: list[float]
