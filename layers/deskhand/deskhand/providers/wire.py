"""HTTP to a model within limits: a total deadline and a response size, whatever the server does."""

import ssl
import time
from collections.abc import Iterable

import httpcore2
import httpx2

from deskhand.errors import DeskhandError, ModelRateLimited, ModelRefused, ModelUnavailable

RESPONSE_BYTES = 256 * 1024
_CONNECT_SECONDS = 5.0
_BROKEN = (httpcore2.NetworkError, httpcore2.ProtocolError, httpcore2.UnsupportedProtocol)


class ResponseTooLarge(httpx2.ReadError):
    """The server sent more than RESPONSE_BYTES."""


def refusal(provider: str, status: int) -> DeskhandError:
    """Our error for an HTTP status that is not success."""
    if status == 429:
        return ModelRateLimited(f"{provider} answered 429")
    if status >= 500 or status in (408, 409):
        return ModelUnavailable(f"{provider} answered {status}")
    return ModelRefused(f"{provider} answered {status}")


class _Allowance:
    """What is left, for the call under way, of its time and of its bytes."""

    def __init__(self) -> None:
        self.deadline = 0.0
        self.bytes_left = 0

    def reset(self, seconds: float) -> None:
        self.deadline = time.monotonic() + seconds
        self.bytes_left = RESPONSE_BYTES

    def seconds(self) -> float:
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise httpcore2.ReadTimeout("total deadline")
        return left


class _BoundedStream(httpcore2.NetworkStream):
    """A connection whose every read ends with the deadline: a slow drip gains nothing."""

    def __init__(self, stream: httpcore2.NetworkStream, allowance: _Allowance) -> None:
        self._stream = stream
        self._allowance = allowance

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        data = self._stream.read(max_bytes, self._allowance.seconds())
        self._allowance.bytes_left -= len(data)
        if self._allowance.bytes_left < 0:
            raise ResponseTooLarge(f"more than {RESPONSE_BYTES} bytes")
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._allowance.seconds())

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore2.NetworkStream:
        secure = self._stream.start_tls(ssl_context, server_hostname, self._allowance.seconds())
        return _BoundedStream(secure, self._allowance)

    def get_extra_info(self, info: str) -> object:
        return self._stream.get_extra_info(info)


class _BoundedBackend(httpcore2.SyncBackend):
    def __init__(self, allowance: _Allowance) -> None:
        self._allowance = allowance

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.NetworkStream:
        # The limit holds for each address of the host, hence less than the whole.
        seconds = min(self._allowance.seconds(), _CONNECT_SECONDS)
        stream = super().connect_tcp(host, port, seconds, local_address, socket_options)
        return _BoundedStream(stream, self._allowance)


class BoundedTransport(httpx2.BaseTransport):
    """One kept-alive connection to a model's server. Not for use by several threads at once.

    Proxies of the environment are not used.
    """

    def __init__(self) -> None:
        self._allowance = _Allowance()
        self._pool = httpcore2.ConnectionPool(
            max_connections=1,
            network_backend=_BoundedBackend(self._allowance),
        )

    def allow(self, seconds: float) -> None:
        """Start a call: all requests from here to the next `allow` share `seconds`."""
        self._allowance.reset(seconds)

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """The whole response, or an error of httpx2; no redirect, retry or compression."""
        # A small compressed answer can be a huge one.
        request.headers["Accept-Encoding"] = "identity"
        try:
            answer = self._pool.request(
                request.method,
                str(request.url),
                headers=request.headers.raw,
                content=request.read(),
            )
        except httpcore2.TimeoutException as error:
            raise httpx2.ReadTimeout(str(error)) from error
        except _BROKEN as error:
            raise httpx2.ReadError(str(error)) from error
        headers = httpx2.Headers(answer.headers)
        if headers.get("Content-Encoding", "identity") != "identity":
            raise httpx2.ReadError("a compressed answer was not asked for")
        return httpx2.Response(answer.status, headers=headers, content=answer.content)

    def close(self) -> None:
        self._pool.close()
