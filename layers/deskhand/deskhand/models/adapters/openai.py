"""OpenAI, and every server that speaks its chat completions, with structured output."""

import json
import re
from collections.abc import Callable
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

# The ways to ask for JSON, the surest first; a server that refuses one is asked in the next.
_FORMS = ("json_schema", "json_object", "text")
_FORM_REFUSED = re.compile(r"response_format|json_schema|structured.output", re.IGNORECASE)
_COMPLAINT_CHARACTERS = 2000


class OpenAI(Adapter):
    """A model behind an OpenAI-compatible endpoint.

    What a server or a model refuses by name (a sampling parameter, the newer name of the token
    limit, a way to ask for JSON) is left out or replaced from then on.
    """

    name = "openai"

    def __init__(
        self,
        model: str,
        *,
        base_url: str,
        api_key: str,
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

    def _ask(self, messages: list[Message], *, name: str, form: dict[str, Any]) -> Reply:
        try:
            answer = self._create(model=self.model, **self._body(messages, name, form))
        except (openai.BadRequestError, openai.UnprocessableEntityError) as error:
            # Each turn leaves out one thing more, so this comes to an end.
            if self._gives_in(error):
                return self._ask(messages, name=name, form=form)
            raise model_error(error) from None
        except openai.OpenAIError as error:
            raise model_error(error) from None
        return _reply(answer.content)

    def _body(self, messages: list[Message], name: str, form: dict[str, Any]) -> dict[str, Any]:
        body: dict[str, Any] = {"messages": messages, self._limit: output.OUTPUT_TOKENS}
        sampling = dict(self._sampling)
        if "top_k" in sampling:  # not OpenAI's own, so the SDK does not know it
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
        """Leave out what the server complains of; False when that is nothing of choice."""
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
    """The adapter of that model, as the settings have it."""
    return OpenAI(
        model,
        base_url=settings.openai_base_url,
        api_key=key_of(settings),
        timeout=timeout,
        **sampling_of(settings),
    )


def place(settings: Settings) -> str:
    """Where the model is asked."""
    return settings.openai_base_url


def sdk_client(
    base_url: str, api_key: str, timeout: float, transport: BoundedTransport
) -> openai.OpenAI:
    """The SDK's client of an endpoint, whose bytes go over `transport`."""
    # The state machine retries; a retry in here would only use up the step's time.
    http = httpx2.Client(transport=transport, timeout=timeout)
    given: dict[str, Any] = {"api_key": api_key, "max_retries": 0, "http_client": http}
    url = httpx2.URL(base_url)
    if version := url.params.get("api-version"):
        # Azure's dated API: another key header, and the deployment's name in the path.
        plain = str(url.copy_with(query=None))
        return openai.AzureOpenAI(base_url=plain, api_version=version, timeout=timeout, **given)
    return openai.OpenAI(base_url=base_url, timeout=timeout, **given)


def key_of(settings: Settings) -> str:
    """The key to be sent; raises SettingInvalid where OpenAI itself would be asked without one."""
    if not settings.openai_api_key and "api.openai.com" in settings.openai_base_url:
        raise SettingInvalid("OPENAI_API_KEY is not set")
    # Servers of one's own often want no key, but the SDK insists on one.
    return settings.openai_api_key or "none"


def complaint_of(error: openai.APIStatusError) -> str:
    """The start of what the server complains of."""
    return json.dumps(error.body)[:_COMPLAINT_CHARACTERS]


def _mentioned(names: list[str], complaint: str) -> list[str]:
    """Those of the names that the complaint is about, in its order."""
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
    """The error of a server behind a gateway, which the gateway reports inside a 200."""

    code: int | str | None = None


class _Answer(BaseModel):
    choices: list[_Choice] | None = None
    usage: _Usage | None = None
    error: ErrorInside | None = None


def _reply(content: bytes) -> Reply:
    try:
        answer = _Answer.model_validate_json(content)
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
    """Our error for a 200 without what was asked for."""
    if error and isinstance(error.code, int) and error.code >= 400:
        return wire.refusal("openai", error.code, {})
    return ModelUnavailable(f"openai answered without {wanted}")


def model_error(error: openai.OpenAIError) -> DeskhandError:
    """Our error for the SDK's; never with the server's words, which may repeat the prompt."""
    if isinstance(error.__cause__, ResponseTooLarge):
        return ModelOutputInvalid("openai sent too large an answer")
    if not isinstance(error, openai.APIStatusError):
        return ModelUnavailable(f"openai did not answer ({type(error).__name__})")
    # An empty account answers 429 too, and no waiting helps.
    if error.code == "insufficient_quota":
        return ModelRefused("openai answered 429: the account's quota is used up")
    return wire.refusal("openai", error.status_code, error.response.headers)
