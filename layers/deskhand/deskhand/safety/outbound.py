"""HTTP requests to configured URLs: with limits, and never to our own network.

The name is resolved once, all its addresses must be public, and the connection uses a checked
address, so that a second DNS answer cannot change the target. Redirects are returned, not followed:
their target has not been checked.
"""

import socket
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from http.client import HTTPConnection, HTTPException, HTTPResponse
from threading import Timer
from urllib.parse import SplitResult, urlsplit

from deskhand.safety.public_addresses import is_public


class AddressRefused(Exception):
    """The URL is not allowed: not https, with a user in it, or not a public address."""


class NoAnswer(Exception):
    """There was no complete answer in time; the message says why, without the URL."""


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """The response; header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class AnswerLimits:
    """Total time and the size of an answer; with `private` also http and private addresses."""

    seconds: float
    max_bytes: int
    private: bool = False


def ask(
    method: str, url: str, headers: Mapping[str, str], body: bytes | None, limits: AnswerLimits
) -> HttpAnswer:
    """The answer, of any status; raises AddressRefused or NoAnswer."""
    parts = _checked(url, private=limits.private)
    address = _resolved(parts, private=limits.private)
    try:
        with _connected(parts, address, limits.seconds) as (connection, over):
            target = parts.path or "/"
            connection.request(
                method, f"{target}?{parts.query}" if parts.query else target, body, dict(headers)
            )
            answer = _read(connection.getresponse(), limits.max_bytes)
            if over():
                raise NoAnswer("it took too long")
            return answer
    except (OSError, HTTPException) as error:
        raise NoAnswer(type(error).__name__) from None


def _checked(url: str, *, private: bool) -> SplitResult:
    try:
        parts = urlsplit(url)
        known = parts.port is None or parts.port > 0
    except ValueError:
        raise AddressRefused("it is no URL") from None
    if parts.scheme != "https" and not (private and parts.scheme == "http"):
        raise AddressRefused("only https is asked")
    if parts.username is not None or parts.password is not None:
        raise AddressRefused("it names a user")
    if not parts.hostname or not known or any(c <= " " or c > "~" for c in url):
        raise AddressRefused("it is no URL")
    return parts


def _resolved(parts: SplitResult, *, private: bool) -> tuple[str, int]:
    """Address and port to connect to, after all addresses of the name were checked."""
    port = parts.port or (443 if parts.scheme == "https" else 80)
    try:
        found = socket.getaddrinfo(parts.hostname, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise NoAnswer("the name is not known") from None
    addresses = [str(each[4][0]) for each in found]
    if not private and not all(map(is_public, addresses)):
        raise AddressRefused("it is not a public address")
    return addresses[0], port


@contextmanager
def _connected(
    parts: SplitResult, address: tuple[str, int], seconds: float
) -> Iterator[tuple[HTTPConnection, "_Over"]]:
    """An open connection that is closed when the time is over, in any state."""
    raw = socket.create_connection(address, timeout=seconds)
    over = _Over(raw)
    # A socket timeout applies to each read: a slow response could last for ever.
    timer = Timer(seconds, over.cut)
    timer.start()
    connection = HTTPConnection(parts.hostname or "", address[1])
    connection.default_port = 443 if parts.scheme == "https" else 80
    try:
        connection.sock = (
            _tls().wrap_socket(raw, server_hostname=parts.hostname)
            if parts.scheme == "https"
            else raw
        )
        yield connection, over
    finally:
        timer.cancel()
        connection.close()
        raw.close()
        over.forget()


class _Over:
    """The time limit of a connection."""

    def __init__(self, raw: socket.socket) -> None:
        # Wrapping in TLS takes the descriptor over: this is another one of the same connection.
        self._same = raw.dup()
        self._cut = False

    def __call__(self) -> bool:
        return self._cut

    def cut(self) -> None:
        """Ends every read and write of the connection."""
        self._cut = True
        with suppress(OSError):
            self._same.shutdown(socket.SHUT_RDWR)

    def forget(self) -> None:
        """Closes the duplicated socket; the connection itself is not affected."""
        self._same.close()


@cache
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()


def _read(response: HTTPResponse, max_bytes: int) -> HttpAnswer:
    body = response.read(max_bytes + 1)
    if len(body) > max_bytes:
        raise NoAnswer(f"it is larger than {max_bytes} bytes")
    if response.length:
        raise NoAnswer("it ended early")
    headers = {name.lower(): value for name, value in response.getheaders()}
    if headers.get("content-encoding", "identity") != "identity":
        raise NoAnswer("it is compressed, which nobody asked for")
    return HttpAnswer(response.status, headers, body)
