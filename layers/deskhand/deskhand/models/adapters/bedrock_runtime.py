"""boto3's client of Bedrock's runtime, with its transport replaced by our bounded connection."""

import json
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import boto3
import httpx2
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.compat import HTTPHeaders
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError, NoRegionError

from deskhand.errors import DeskhandError, ModelOutputInvalid, ModelRefused, ModelUnavailable
from deskhand.models.adapters import wire
from deskhand.models.adapters.wire import RESPONSE_BYTES, BoundedTransport, ResponseTooLarge
from deskhand.settings.environment import SettingInvalid

if TYPE_CHECKING:
    from types_boto3_bedrock_runtime import BedrockRuntimeClient


class Runtime:
    """One kept connection to Bedrock, with the function's own role.

    boto3 builds, signs and parses; its transport is replaced, since its own timeouts restart with
    each byte. No answer is larger than `response_bytes`.
    """

    def __init__(
        self, region: str, endpoint_url: str, *, response_bytes: int = RESPONSE_BYTES
    ) -> None:
        self._transport = BoundedTransport(response_bytes)
        self._content = b""
        self._client = _client(region, endpoint_url)
        send: Callable[..., Any] = self._send
        self._client.meta.events.register("before-send.bedrock-runtime", send)

    def allow(self, seconds: float) -> None:
        """Start a call: all requests from here to the next `allow` share `seconds`."""
        self._transport.allow(seconds)

    def ask(self, operation: str, request: dict[str, Any]) -> bytes:
        """The answer's bytes; raises ClientError for an error of Bedrock, and our own errors when
        it does not answer."""
        try:
            getattr(self._client, operation)(**request)
        except (BotoCoreError, httpx2.HTTPError) as error:
            raise _unanswered(error) from None
        return self._content

    def close(self) -> None:
        """Close the kept connection."""
        self._transport.close()

    def _send(self, request: AWSPreparedRequest, **_: object) -> AWSResponse:
        """Called by boto3 in place of its own HTTP client."""
        body = request.body if isinstance(request.body, bytes | str) else b""
        response = self._transport.handle_request(
            httpx2.Request(request.method, request.url, headers=_sent(request), content=body)
        )
        self._content = response.content
        # boto3 parses answers leniently (NaN, duplicate members) and fails on unusual errors.
        seen = b"{}" if response.is_success else _plain_error(response.content)
        headers = HTTPHeaders.from_dict(dict(response.headers))
        return AWSResponse(request.url, response.status_code, headers, _Body(seen))


def complaint(error: ClientError) -> str:
    """Bedrock's validation message about the request; empty for other errors."""
    said = error.response.get("Error", {})
    return said.get("Message", "") if said.get("Code") == "ValidationException" else ""


def model_error(error: ClientError) -> DeskhandError:
    """Our error for an error of AWS; without its message, which may repeat the prompt."""
    metadata = error.response["ResponseMetadata"]
    # For some errors the code is more specific than the HTTP status.
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
    """The interface that AWSResponse needs of a body."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def stream(self) -> Iterator[bytes]:
        """The whole body as one piece."""
        yield self._content


def _plain_error(content: bytes) -> bytes:
    """The members of an error that boto3 reads, as far as they are present."""
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
    """The signed headers as text; boto3 holds some of them as bytes."""
    items = request.headers.items()
    return [(name, v.decode() if isinstance(v, bytes) else str(v)) for name, v in items]
