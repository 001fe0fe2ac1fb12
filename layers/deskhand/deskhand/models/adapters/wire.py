"""HTTP to a model within limits: a total deadline and a response size, whatever the server does."""

import socket
import ssl
import time
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpcore2
import httpx2

from deskhand.errors import DeskhandError, ModelRateLimited, ModelRefused, ModelUnavailable

RESPONSE_BYTES = 256 * 1024
_CONNECT_SECONDS = 5.0
_DAY_SECONDS = 86_400.0
_BROKEN = (httpcore2.NetworkError, httpcore2.ProtocolError, httpcore2.UnsupportedProtocol)


class ResponseTooLarge(httpx2.ReadError):
    """The server sent more bytes than allowed."""


def refusal(provider: str, status: int, headers: Mapping[str, str]) -> DeskhandError:
    """Our error for an HTTP status other than success."""
    said = f"{provider} answered {status}"
    if status == 429:
        return ModelRateLimited(said, retry_after=_retry_after(headers))
    if status >= 500 or status in (408, 409, 424, 425):
        return ModelUnavailable(said)
    return ModelRefused(said)


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait, from 0 to a day; None when the server does not say."""
    seconds = _number(headers.get("retry-after-ms"))
    if seconds is not None:
        seconds /= 1000
    else:
        said = headers.get("retry-after")
        seconds = _number(said) if _number(said) is not None else _until(said)
    return None if seconds is None else min(max(seconds, 0.0), _DAY_SECONDS)


def _number(text: str | None) -> float | None:
    # No sign, no exponent, no `nan`: other notations are not valid in this header.
    return float(text) if text and text.replace(".", "", 1).isdecimal() else None


def _until(date: str | None) -> float | None:
    try:
        moment = parsedate_to_datetime(date or "")
    except ValueError:
        return None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return (aware - datetime.now(UTC)).total_seconds()


class _Allowance:
    """The time and bytes left for the current call."""

    def __init__(self, response_bytes: int) -> None:
        self.deadline = 0.0
        self.bytes_left = 0
        self._bytes = response_bytes

    def reset(self, seconds: float) -> None:
        self.deadline = time.monotonic() + seconds
        self.bytes_left = self._bytes

    def seconds(self) -> float:
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise httpcore2.ReadTimeout("total deadline")
        return left


class _BoundedStream(httpcore2.NetworkStream):
    """A stream whose every read ends at the deadline, even if the server sends slowly."""

    def __init__(self, stream: httpcore2.NetworkStream, allowance: _Allowance) -> None:
        self._stream = stream
        self._allowance = allowance

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        data = self._stream.read(max_bytes, self._allowance.seconds())
        self._allowance.bytes_left -= len(data)
        if self._allowance.bytes_left < 0:
            raise ResponseTooLarge("more bytes than it may")
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        # The library's own loop would restart the timeout after each partial write.
        connection = self._stream.get_extra_info("socket")
        rest = memoryview(buffer)
        while rest:
            connection.settimeout(self._allowance.seconds())
            try:
                rest = rest[connection.send(rest) :]
            except TimeoutError as error:
                raise httpcore2.WriteTimeout("total deadline") from error
            except OSError as error:
                raise httpcore2.WriteError(str(error)) from error

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
        failed: Exception = httpcore2.ConnectError("no address")
        for address in _resolved(host, port, self._allowance.seconds()):
            seconds = min(self._allowance.seconds(), _CONNECT_SECONDS)
            try:
                stream = super().connect_tcp(address, port, seconds, local_address, socket_options)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                failed = error
                continue
            return _BoundedStream(stream, self._allowance)
        raise failed


def _resolved(host: str, port: int, seconds: float) -> list[str]:
    """The addresses of a host. The system's resolver has no timeout, so a thread waits for it and
    is abandoned at the deadline."""
    pool = ThreadPoolExecutor(1)
    try:
        answer = pool.submit(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)
        found = answer.result(seconds)
    except TimeoutError as error:
        raise httpcore2.ConnectTimeout("name resolution") from error
    except (OSError, UnicodeError) as error:
        raise httpcore2.ConnectError("name resolution") from error
    finally:
        pool.shutdown(wait=False)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


class BoundedTransport(httpx2.BaseTransport):
    """One kept-alive connection to a model's server. Not for use by several threads at once.

    All responses of a call together have at most `response_bytes`. Proxy settings of the
    environment are ignored.
    """

    def __init__(self, response_bytes: int = RESPONSE_BYTES) -> None:
        self._allowance = _Allowance(response_bytes)
        self._pool = httpcore2.ConnectionPool(
            max_connections=1,
            network_backend=_BoundedBackend(self._allowance),
        )

    def allow(self, seconds: float) -> None:
        """Start a call: all requests from here to the next `allow` share `seconds`."""
        self._allowance.reset(seconds)

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """The whole response, or an error of httpx2; no redirect, retry or compression."""
        # A small compressed response can expand to a huge one.
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
