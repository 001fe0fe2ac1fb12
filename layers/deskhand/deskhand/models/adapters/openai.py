"""OpenAI and every server that offers its chat completions API, with structured output."""

import json
import re
from collections.abc import Callable
from functools import partial
from typing import Any

import httpx2
import openai
from pydantic import BaseModel, ValidationError

from deskhand.errors import DeskhandError, ModelOutputInvalid, ModelRefused, ModelUnavailable
from deskhand.models import output
from deskhand.models.adapters import wire
from deskhand.models.adapters.adapter import Adapter, sampling_of
from deskhand.models.adapters.wire import BoundedTransport, ResponseTooLarge
from deskhand.models.output import Message, Reply
from deskhand.settings.environment import SettingInvalid, Settings
from deskhand.settings.secrets_manager import SecretUnavailable, secret

# The ways to request JSON, most reliable first; when a server rejects one, the next is used.
_FORMS = ("json_schema", "json_object", "text")
_FORM_REFUSED = re.compile(r"response_format|json_schema|structured.output", re.IGNORECASE)
_COMPLAINT_CHARACTERS = 2000


class OpenAI(Adapter):
    """A model behind an OpenAI-compatible endpoint.

    After a server or model has rejected a parameter by name (a sampling parameter, the newer name
    of the token limit, a way to request JSON), it is omitted or replaced.
    """

    name = "openai"

    def __init__(
        self,
        model: str,
        *,
        base_url: str,
        api_key: str | Callable[[], str],
        timeout: float,
        temperature: float = 0,
        top_p: float | None = None,
        top_k: int | None = None,
    ) -> None:
        transport = BoundedTransport()
        super().__init__(model, transport, timeout)
        client = sdk_client(base_url, api_key, timeout, transport)
        self._create: Callable[..., Any] = client.chat.completions.with_raw_response.create
        sampling = {"temperature": temperature, "top_p": top_p, "top_k": top_k}
        self._sampling = {name: value for name, value in sampling.items() if value is not None}
        self._limit = "max_completion_tokens"
        self._form = _FORMS[0]

    def _ask(
        self, messages: list[Message], *, name: str, form: dict[str, Any], tokens: int
    ) -> Reply:
        try:
            answer = self._create(model=self.model, **self._body(messages, name, form, tokens))
        except (openai.BadRequestError, openai.UnprocessableEntityError) as error:
            # Each iteration removes one more parameter, so the loop ends.
            if self._gives_in(error):
                return self._ask(messages, name=name, form=form, tokens=tokens)
            raise model_error(error) from None
        except openai.OpenAIError as error:
            raise model_error(error) from None
        return _reply(answer.content)

    def _body(
        self, messages: list[Message], name: str, form: dict[str, Any], tokens: int
    ) -> dict[str, Any]:
        body: dict[str, Any] = {"messages": messages, self._limit: tokens}
        sampling = dict(self._sampling)
        if "top_k" in sampling:  # not an OpenAI parameter, so the SDK does not know it
            body["extra_body"] = {"top_k": sampling.pop("top_k")}
        match self._form:
            case "json_schema":
                strict = {"name": name, "schema": form, "strict": True}
                body["response_format"] = {"type": "json_schema", "json_schema": strict}
            case "json_object":
                body["response_format"] = {"type": "json_object"}
        if self._form != "json_schema":
            schema = f"The schema of the answer:\n{json.dumps(form)}"
            body["messages"] = [{"role": "system", "content": schema}, *messages]
        return body | sampling

    def _gives_in(self, error: openai.APIStatusError) -> bool:
        """Removes the parameter that the server rejects; False when it is not an optional one."""
        complaint = complaint_of(error)
        names = [*self._sampling, self._limit]
        named = [error.param] if error.param in names else _mentioned(names, complaint)
        if named and named[0] in self._sampling:
            del self._sampling[named[0]]
        elif named and named[0] == "max_completion_tokens":
            self._limit = "max_tokens"
        elif _FORM_REFUSED.search(complaint) and self._form != _FORMS[-1]:
            self._form = _FORMS[_FORMS.index(self._form) + 1]
        else:
            return False
        return True


def build(model: str, settings: Settings, timeout: float) -> OpenAI:
    """The adapter of that model, configured by the settings."""
    return OpenAI(
        model,
        base_url=settings.openai_base_url,
        api_key=key_of(settings),
        timeout=timeout,
        **sampling_of(settings),
    )


def place(settings: Settings) -> str:
    """The base URL."""
    return settings.openai_base_url


def sdk_client(
    base_url: str, api_key: str | Callable[[], str], timeout: float, transport: BoundedTransport
) -> openai.OpenAI:
    """The SDK's client of an endpoint, using `transport`."""
    # The state machine retries; a retry in here would only use up the step's time.
    http = httpx2.Client(transport=transport, timeout=timeout)
    given: dict[str, Any] = {"api_key": api_key, "max_retries": 0, "http_client": http}
    url = httpx2.URL(base_url)
    if version := url.params.get("api-version"):
        # Azure's dated API: another key header, and the deployment's name in the path.
        plain = str(url.copy_with(query=None))
        return openai.AzureOpenAI(base_url=plain, api_version=version, timeout=timeout, **given)
    return openai.OpenAI(base_url=base_url, timeout=timeout, **given)


def key_of(settings: Settings) -> str | Callable[[], str]:
    """The API key, or a function that reads it before each call from the secret that holds it.

    Raises SettingInvalid when it is missing for OpenAI itself.
    """
    if settings.secrets_arn:
        return partial(_secret_key, settings)
    if not settings.openai_api_key and _needs_key(settings):
        raise SettingInvalid("OPENAI_API_KEY is not set")
    # Self-hosted servers often need no key, but the SDK requires one.
    return settings.openai_api_key or "none"


def _secret_key(settings: Settings) -> str:
    try:
        key = secret(settings, "openai_api_key")
    except SecretUnavailable as error:
        raise ModelUnavailable(f"its key cannot be read ({error})") from None
    if not key and _needs_key(settings):
        raise ModelRefused("openai_api_key is not in the secret")
    return key or "none"


def _needs_key(settings: Settings) -> bool:
    return "api.openai.com" in settings.openai_base_url


def complaint_of(error: openai.APIStatusError) -> str:
    """The start of the server's error message."""
    return json.dumps(error.body)[:_COMPLAINT_CHARACTERS]


def _mentioned(names: list[str], complaint: str) -> list[str]:
    """The names that the complaint mentions, in its order."""
    found = ((re.search(rf"(?<!\w){name}(?!\w)", complaint), name) for name in names)
    return [name for _, name in sorted((place.start(), name) for place, name in found if place)]


class _Part(BaseModel):
    text: str = ""


class _Message(BaseModel):
    content: str | list[_Part] | None = None
    refusal: str | None = None


class _Choice(BaseModel):
    message: _Message
    finish_reason: str | None = None


class _Usage(BaseModel):
    prompt_tokens: int | None = None
    completion_tokens: int | None = None


class ErrorInside(BaseModel):
    """An upstream error that a gateway reports inside a 200."""

    code: int | str | None = None


class _Response(BaseModel):
    choices: list[_Choice] | None = None
    usage: _Usage | None = None
    error: ErrorInside | None = None


def _reply(content: bytes) -> Reply:
    try:
        answer = _Response.model_validate_json(content)
    except ValidationError:
        raise ModelUnavailable("openai answered with something else than a completion") from None
    if not answer.choices:
        raise without(answer.error, "a completion")
    choice = answer.choices[0]
    if choice.message.refusal or choice.finish_reason == "content_filter":
        raise ModelRefused("openai declined to answer")
    said = choice.message.content or ""
    usage = answer.usage or _Usage()
    return Reply(
        text=said if isinstance(said, str) else "".join(part.text for part in said),
        input_tokens=usage.prompt_tokens or 0,
        output_tokens=usage.completion_tokens or 0,
        problem=output.CUT_OFF if choice.finish_reason == "length" else "",
    )


def without(error: ErrorInside | None, wanted: str) -> DeskhandError:
    """Our error for a 200 that lacks the requested content."""
    if error and isinstance(error.code, int) and error.code >= 400:
        return wire.refusal("openai", error.code, {})
    return ModelUnavailable(f"openai answered without {wanted}")


def model_error(error: openai.OpenAIError) -> DeskhandError:
    """Our error for an SDK error; without the server's message, which may repeat the prompt."""
    if isinstance(error.__cause__, ResponseTooLarge):
        return ModelOutputInvalid("openai sent too large an answer")
    if not isinstance(error, openai.APIStatusError):
        return ModelUnavailable(f"openai did not answer ({type(error).__name__})")
    # An exhausted quota is a 429 too, but retrying does not help.
    if error.code == "insufficient_quota":
        return ModelRefused("openai answered 429: the account's quota is used up")
    return wire.refusal("openai", error.status_code, error.response.headers)
