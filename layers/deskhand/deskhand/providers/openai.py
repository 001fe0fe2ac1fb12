"""OpenAI, and every server that speaks its chat completions, with structured output."""

from collections.abc import Callable
from typing import Annotated, Any

import httpx2
import openai
from pydantic import BaseModel, Field, ValidationError

from deskhand.errors import DeskhandError, ModelOutputInvalid, ModelRefused, ModelUnavailable
from deskhand.providers import output, wire
from deskhand.providers.base import Completion, Prompt
from deskhand.providers.output import Message, Reply
from deskhand.providers.wire import BoundedTransport, ResponseTooLarge


class OpenAI:
    """A model behind an OpenAI-compatible endpoint."""

    name = "openai"

    def __init__(
        self, model: str, *, base_url: str, api_key: str, temperature: float, timeout: float
    ) -> None:
        self.model = model
        self._timeout = timeout
        self._transport = BoundedTransport()
        self._client = openai.OpenAI(
            base_url=base_url,
            api_key=api_key,
            # The state machine retries; a retry in here would only use up the step's time.
            max_retries=0,
            timeout=timeout,
            http_client=httpx2.Client(transport=self._transport, timeout=timeout),
        )
        self._create: Callable[..., Any] = self._client.chat.completions.with_raw_response.create
        # Parameters that some models refuse by name; those are left out from then on.
        self._optional: dict[str, Any] = {
            "temperature": temperature,
            "max_completion_tokens": output.OUTPUT_TOKENS,
        }

    def complete[T: BaseModel](self, prompt: Prompt, schema: type[T]) -> Completion[T]:
        """A value of `schema` within the timeout, which covers the repair as well."""
        self._transport.allow(self._timeout)
        form = {"name": prompt.name, "schema": output.json_schema(schema), "strict": True}

        def ask(messages: list[Message]) -> Reply:
            return self._ask(messages, {"type": "json_schema", "json_schema": form})

        return output.complete(self.name, self.model, ask, prompt, schema)

    def close(self) -> None:
        """Close the kept connection."""
        self._client.close()

    def _ask(self, messages: list[Message], form: dict[str, Any]) -> Reply:
        body = {"model": self.model, "messages": messages, "response_format": form}
        try:
            answer = self._create(**body, **self._optional)
        except openai.BadRequestError as error:
            if error.param in self._optional:
                del self._optional[error.param]
                return self._ask(messages, form)
            raise _translated(error) from None
        except openai.OpenAIError as error:
            raise _translated(error) from None
        return _reply(answer.content)


class _Message(BaseModel):
    content: str | None = None
    refusal: str | None = None


class _Choice(BaseModel):
    message: _Message
    finish_reason: str | None = None


class _Usage(BaseModel):
    prompt_tokens: int = 0
    completion_tokens: int = 0


class _Answer(BaseModel):
    choices: Annotated[list[_Choice], Field(min_length=1)]
    usage: _Usage | None = None


def _reply(content: bytes) -> Reply:
    try:
        answer = _Answer.model_validate_json(content)
    except ValidationError:
        raise ModelUnavailable("openai answered with something else than a completion") from None
    choice = answer.choices[0]
    if choice.message.refusal or choice.finish_reason == "content_filter":
        raise ModelRefused("openai declined to answer")
    usage = answer.usage or _Usage()
    return Reply(
        text=choice.message.content or "",
        input_tokens=usage.prompt_tokens,
        output_tokens=usage.completion_tokens,
        truncated=choice.finish_reason == "length",
    )


def _translated(error: openai.OpenAIError) -> DeskhandError:
    """Our error for the SDK's; never with the server's words, which may repeat the prompt."""
    if isinstance(error.__cause__, ResponseTooLarge):
        return ModelOutputInvalid("openai sent too large an answer")
    if not isinstance(error, openai.APIStatusError):
        return ModelUnavailable(f"openai did not answer ({type(error).__name__})")
    # An empty account answers 429 too, and no waiting helps.
    if error.code == "insufficient_quota":
        return ModelRefused("openai answered 429: the account's quota is used up")
    return wire.refusal("openai", error.status_code)
