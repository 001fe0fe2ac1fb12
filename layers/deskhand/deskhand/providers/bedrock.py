"""Amazon Bedrock through its Converse API: the answer is the input of a tool that must be used."""

import json
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import boto3
import httpx2
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.compat import HTTPHeaders
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError, NoRegionError
from pydantic import BaseModel, Field, ValidationError

from deskhand.errors import DeskhandError, ModelOutputInvalid, ModelRefused, ModelUnavailable
from deskhand.providers import output, wire
from deskhand.providers.base import Completion, Prompt
from deskhand.providers.output import Message, Reply
from deskhand.providers.wire import BoundedTransport, ResponseTooLarge
from deskhand.settings import SettingInvalid

if TYPE_CHECKING:
    from types_boto3_bedrock_runtime import BedrockRuntimeClient

# What a model that lacks it is asked without, and the spellings that complaints use for it.
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


class Bedrock:
    """A model of Amazon Bedrock, called with the function's own role.

    boto3 builds, signs and reads; the bytes go over the same bounded connection as every other
    adapter's, since boto3's own timeouts begin anew with each byte. An option that a model refuses
    by name is left out from then on.
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
        self.model = model
        self._timeout = timeout
        options = {"temperature": temperature, "topP": top_p, "topK": top_k, "toolChoice": True}
        self._options = {name: value for name, value in options.items() if value is not None}
        self._transport = BoundedTransport()
        self._content = b""
        self._client = _client(region, endpoint_url)
        send: Callable[..., Any] = self._send
        self._client.meta.events.register("before-send.bedrock-runtime.Converse", send)

    def complete[T: BaseModel](self, prompt: Prompt, schema: type[T]) -> Completion[T]:
        """A value of `schema` within the timeout, which covers the repair as well."""
        self._transport.allow(self._timeout)
        tool = {"name": prompt.name, "inputSchema": {"json": output.json_schema(schema)}}

        def ask(messages: list[Message]) -> Reply:
            return self._ask(messages, tool)

        return output.complete(self.name, self.model, ask, prompt, schema)

    def close(self) -> None:
        """Close the kept connection."""
        self._transport.close()

    def _ask(self, messages: list[Message], tool: dict[str, Any]) -> Reply:
        try:
            self._client.converse(**self._body(messages, tool))
        except ClientError as error:
            # Each turn leaves out one thing more, so this comes to an end.
            if self._gives_in(error):
                return self._ask(messages, tool)
            raise _translated(error) from None
        except (BotoCoreError, httpx2.HTTPError) as error:
            raise _unanswered(error) from None
        return _reply(self._content)

    def _body(self, messages: list[Message], tool: dict[str, Any]) -> dict[str, Any]:
        options = dict(self._options)
        tools: dict[str, Any] = {"tools": [{"toolSpec": tool}]}
        if options.pop("toolChoice", None):
            tools["toolChoice"] = {"tool": {"name": tool["name"]}}
        top_k = options.pop("topK", None)
        return {
            "modelId": self.model,
            "system": [{"text": m["content"]} for m in messages if m["role"] == "system"],
            "messages": [_message(m) for m in messages if m["role"] != "system"],
            "inferenceConfig": {"maxTokens": output.OUTPUT_TOKENS, **options},
            "toolConfig": tools,
            "additionalModelRequestFields": {} if top_k is None else self._top_k(top_k),
        }

    def _top_k(self, value: Any) -> dict[str, Any]:
        """Converse itself has no top-k: each family of models has its own field for it."""
        nova = "amazon.nova" in self.model
        return {"inferenceConfig": {"topK": value}} if nova else {"top_k": value}

    def _gives_in(self, error: ClientError) -> bool:
        """Leave out what the model complains of; False when that is nothing of choice."""
        said = error.response.get("Error", {})
        if said.get("Code") != "ValidationException":
            return False
        for name in self._options:
            if any(spelling in said.get("Message", "") for spelling in _OPTIONS[name]):
                del self._options[name]
                return True
        return False

    def _send(self, request: AWSPreparedRequest, **_: object) -> AWSResponse:
        """Called by boto3 in place of its own HTTP client."""
        body = request.body if isinstance(request.body, bytes | str) else b""
        response = self._transport.handle_request(
            httpx2.Request(request.method, request.url, headers=_sent(request), content=body)
        )
        self._content = response.content
        # boto3 reads answers loosely (NaN, doubled members) and stumbles over odd errors.
        seen = b"{}" if response.is_success else _plain_error(response.content)
        headers = HTTPHeaders.from_dict(dict(response.headers))
        return AWSResponse(request.url, response.status_code, headers, _Body(seen))


def _client(region: str, endpoint_url: str) -> "BedrockRuntimeClient":
    try:
        return boto3.client(
            "bedrock-runtime",
            region_name=region or None,
            endpoint_url=endpoint_url or None,
            # The state machine retries; a retry in here would only use up the step's time.
            config=Config(retries={"total_max_attempts": 1}),
        )
    except NoRegionError:
        raise SettingInvalid("BEDROCK_REGION is not set, nor is AWS_REGION") from None


class _Body:
    """What AWSResponse wants of a body."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def stream(self) -> Iterator[bytes]:
        """All of it."""
        yield self._content


def _plain_error(content: bytes) -> bytes:
    """What boto3 looks for in an error, as far as it is there."""
    try:
        body = json.loads(content)
    except (ValueError, RecursionError):
        return b"{}"
    members = body.items() if isinstance(body, dict) else ()
    texts = {name: value for name, value in members if isinstance(value, str)}
    return json.dumps(
        {n: texts[n] for n in ("message", "Message", "__type") if n in texts}
    ).encode()


def _sent(request: AWSPreparedRequest) -> list[tuple[str, str]]:
    """The signed headers; boto3 has some of them as bytes."""
    items = request.headers.items()
    return [(name, v.decode() if isinstance(v, bytes) else str(v)) for name, v in items]


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


class _Answer(BaseModel):
    output: _Output
    usage: _Usage = _Usage()
    stop_reason: str = Field("", alias="stopReason")


def _reply(content: bytes) -> Reply:
    try:
        text = content.decode()
        loose = json.loads(text)
        answer = _Answer.model_validate(loose)
    except (ValidationError, ValueError, RecursionError):
        raise ModelUnavailable("bedrock answered with something else than a message") from None
    if answer.stop_reason in _REFUSED:
        raise ModelRefused("bedrock declined to answer")
    blocks = answer.output.message.content
    used = [json.dumps(block.tool_use.input) for block in blocks if block.tool_use]
    return Reply(
        # A model that was not made to use the tool may answer in words.
        text=used[0] if used else "".join(block.text for block in blocks),
        input_tokens=answer.usage.input_tokens,
        output_tokens=answer.usage.output_tokens,
        problem=_PROBLEMS.get(answer.stop_reason) or _loose(text),
    )


def _loose(text: str) -> str:
    try:
        output.strictly(text)
    except ValueError:
        return "it is no plain JSON (a doubled member, or NaN)"
    return ""


def _translated(error: ClientError) -> DeskhandError:
    """Our error for AWS's; never with its words, which may repeat the prompt."""
    metadata = error.response["ResponseMetadata"]
    # Some answers have a status that says less than their name.
    name = error.response.get("Error", {}).get("Code", "")
    status = _STATUS.get(name, metadata["HTTPStatusCode"])
    return wire.refusal("bedrock", status, metadata["HTTPHeaders"])


_STATUS = {
    "ThrottlingException": 429,
    "ServiceQuotaExceededException": 429,
    "ModelNotReadyException": 503,
    "ModelTimeoutException": 503,
    "ModelErrorException": 503,
    "InternalServerException": 500,
    "ServiceUnavailableException": 503,
    "AccessDeniedException": 403,
    "ValidationException": 400,
    "ResourceNotFoundException": 404,
}


def _unanswered(error: Exception) -> DeskhandError:
    if isinstance(error, ResponseTooLarge):
        return ModelOutputInvalid("bedrock sent too large an answer")
    if isinstance(error, NoCredentialsError):
        return ModelRefused("bedrock was not asked: there are no AWS credentials")
    return ModelUnavailable(f"bedrock did not answer ({type(error).__name__})")
