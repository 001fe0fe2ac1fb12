"""Amazon Bedrock through its Converse API: the answer is the input of a forced tool call."""

import json
from typing import Any

from botocore.exceptions import ClientError
from pydantic import BaseModel, Field, ValidationError

from deskhand.errors import ModelRefused, ModelUnavailable
from deskhand.models import output
from deskhand.models.adapters.adapter import Adapter, sampling_of
from deskhand.models.adapters.bedrock_runtime import Runtime, complaint, model_error
from deskhand.models.output import Message, Reply
from deskhand.settings.environment import Settings

# Options that a model may lack, each with the spellings that error messages use for it.
_OPTIONS = {
    "temperature": ("temperature",),
    "topP": ("topP", "top_p"),
    "topK": ("topK", "top_k"),
    "toolChoice": ("toolChoice", "tool_choice"),
}
_REFUSED = ("guardrail_intervened", "content_filtered")
_PROBLEMS = {
    "max_tokens": output.CUT_OFF,
    "model_context_window_exceeded": output.CUT_OFF,
    "malformed_model_output": "it was malformed",
    "malformed_tool_use": "it was malformed",
}


class Bedrock(Adapter):
    """A model of Amazon Bedrock, called with the function's own role.

    After a model has rejected an option by name, that option is omitted.
    """

    name = "bedrock"

    def __init__(
        self,
        model: str,
        *,
        timeout: float,
        region: str = "",
        endpoint_url: str = "",
        temperature: float = 0,
        top_p: float | None = None,
        top_k: int | None = None,
    ) -> None:
        self._runtime = Runtime(region, endpoint_url)
        super().__init__(model, self._runtime, timeout)
        options = {"temperature": temperature, "topP": top_p, "topK": top_k, "toolChoice": True}
        self._options = {name: value for name, value in options.items() if value is not None}

    def _ask(
        self, messages: list[Message], *, name: str, form: dict[str, Any], tokens: int
    ) -> Reply:
        tool = {"name": name, "inputSchema": {"json": form}}
        try:
            return _reply(self._runtime.ask("converse", self._body(messages, tool, tokens)))
        except ClientError as error:
            # Each iteration removes one more option, so the loop ends.
            if self._gives_in(complaint(error)):
                return self._ask(messages, name=name, form=form, tokens=tokens)
            raise model_error(error) from None

    def _body(self, messages: list[Message], tool: dict[str, Any], tokens: int) -> dict[str, Any]:
        options = dict(self._options)
        tools: dict[str, Any] = {"tools": [{"toolSpec": tool}]}
        if options.pop("toolChoice", None):
            tools["toolChoice"] = {"tool": {"name": tool["name"]}}
        top_k = options.pop("topK", None)
        return {
            "modelId": self.model,
            "system": [{"text": m["content"]} for m in messages if m["role"] == "system"],
            "messages": [_message(m) for m in messages if m["role"] != "system"],
            "inferenceConfig": {"maxTokens": tokens, **options},
            "toolConfig": tools,
            "additionalModelRequestFields": {} if top_k is None else self._top_k(top_k),
        }

    def _top_k(self, value: Any) -> dict[str, Any]:
        """Converse itself has no top-k: each family of models has its own field for it."""
        nova = "amazon.nova" in self.model
        return {"inferenceConfig": {"topK": value}} if nova else {"top_k": value}

    def _gives_in(self, said: str) -> bool:
        """Removes the option that the model rejects; False when it is not an optional one."""
        for name in self._options:
            if any(spelling in said for spelling in _OPTIONS[name]):
                del self._options[name]
                return True
        return False


def build(model: str, settings: Settings, timeout: float) -> Bedrock:
    """The adapter of that model, configured by the settings."""
    return Bedrock(
        model,
        region=settings.bedrock_region,
        endpoint_url=settings.bedrock_endpoint_url,
        timeout=timeout,
        **sampling_of(settings),
    )


def place(settings: Settings) -> str:
    """The endpoint and region."""
    return f"{settings.bedrock_endpoint_url} {settings.bedrock_region}"


def _message(message: Message) -> dict[str, Any]:
    return {"role": message["role"], "content": [{"text": message["content"]}]}


class _ToolUse(BaseModel):
    input: Any = None


class _Block(BaseModel):
    text: str = ""
    tool_use: _ToolUse | None = Field(None, alias="toolUse")


class _Message(BaseModel):
    content: list[_Block]


class _Output(BaseModel):
    message: _Message


class _Usage(BaseModel):
    input_tokens: int = Field(0, alias="inputTokens")
    output_tokens: int = Field(0, alias="outputTokens")


class _Response(BaseModel):
    output: _Output
    usage: _Usage = _Usage()
    stop_reason: str = Field("", alias="stopReason")


def _reply(content: bytes) -> Reply:
    try:
        text = content.decode()
        loose = json.loads(text)
        answer = _Response.model_validate(loose)
    except (ValidationError, ValueError, RecursionError):
        raise ModelUnavailable("bedrock answered with something else than a message") from None
    if answer.stop_reason in _REFUSED:
        raise ModelRefused("bedrock declined to answer")
    blocks = answer.output.message.content
    used = [json.dumps(block.tool_use.input) for block in blocks if block.tool_use]
    return Reply(
        # A model that is not forced to use the tool may answer with text.
        text=used[0] if used else "".join(block.text for block in blocks),
        input_tokens=answer.usage.input_tokens,
        output_tokens=answer.usage.output_tokens,
        problem=_PROBLEMS.get(answer.stop_reason) or _loose(text),
    )


def _loose(text: str) -> str:
    try:
        output.parse_strictly(text)
    except ValueError:
        return "it is no plain JSON (a doubled member, or NaN)"
    return ""
