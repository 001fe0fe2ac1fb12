"""Ollama through its native API, with the JSON schema as the grammar of the answer."""

from typing import Any

import httpx2
from pydantic import BaseModel, ValidationError

from deskhand.errors import ModelOutputInvalid, ModelUnavailable
from deskhand.models import output
from deskhand.models.adapters import wire
from deskhand.models.adapters.adapter import Adapter, sampling_of
from deskhand.models.adapters.wire import BoundedTransport, ResponseTooLarge
from deskhand.models.output import Message, Reply
from deskhand.settings.environment import Settings

# Characters per token, a low estimate: Ollama silently truncates what exceeds the context.
_TOKEN_CHARACTERS = 3


class Ollama(Adapter):
    """A model that an Ollama server runs."""

    name = "ollama"

    def __init__(
        self,
        model: str,
        *,
        base_url: str,
        timeout: float,
        temperature: float = 0,
        top_p: float | None = None,
        top_k: int | None = None,
    ) -> None:
        transport = BoundedTransport()
        super().__init__(model, transport, timeout)
        sampling = {"temperature": temperature, "top_p": top_p, "top_k": top_k}
        self._sampling = {name: value for name, value in sampling.items() if value is not None}
        self._client = httpx2.Client(base_url=base_url, transport=transport, timeout=timeout)

    def _ask(
        self, messages: list[Message], *, name: str, form: dict[str, Any], tokens: int
    ) -> Reply:
        body = {
            "model": self.model,
            "messages": messages,
            "format": form,
            "stream": False,
            "options": {
                **self._sampling,
                "num_predict": tokens,
                "num_ctx": _context(messages, tokens),
            },
        }
        response = post(self._client, "/api/chat", body)
        if not response.is_success:
            raise wire.refusal(self.name, response.status_code, response.headers)
        return _reply(response.content)


def build(model: str, settings: Settings, timeout: float) -> Ollama:
    """The adapter of that model, configured by the settings."""
    base_url = settings.ollama_base_url
    return Ollama(model, base_url=base_url, timeout=timeout, **sampling_of(settings))


def place(settings: Settings) -> str:
    """The server's URL."""
    return settings.ollama_base_url


def post(client: httpx2.Client, path: str, body: dict[str, Any]) -> httpx2.Response:
    """Ollama's answer of any status; raises our own error when it does not answer."""
    try:
        return client.post(path, json=body)
    except ResponseTooLarge:
        raise ModelOutputInvalid("ollama sent too large an answer") from None
    except httpx2.HTTPError as error:
        raise ModelUnavailable(f"ollama did not answer ({type(error).__name__})") from None


class _Message(BaseModel):
    content: str = ""


class _Response(BaseModel):
    message: _Message
    done_reason: str | None = None
    # Omitted when the server had the prompt in its own cache.
    prompt_eval_count: int | None = None
    eval_count: int | None = None


def _reply(content: bytes) -> Reply:
    try:
        answer = _Response.model_validate_json(content)
    except ValidationError:
        raise ModelUnavailable("ollama answered with something else than a message") from None
    return Reply(
        text=answer.message.content,
        input_tokens=answer.prompt_eval_count or 0,
        output_tokens=answer.eval_count or 0,
        problem=output.CUT_OFF if answer.done_reason == "length" else "",
    )


def _context(messages: list[Message], tokens: int) -> int:
    """A context of 4,096 tokens, doubled until prompt and answer fit."""
    needed = sum(len(m["content"]) for m in messages) // _TOKEN_CHARACTERS + tokens
    size = 4096
    while size < needed:
        size *= 2
    return size
