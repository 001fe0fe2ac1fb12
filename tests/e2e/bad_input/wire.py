"""HTTP/1.1 byte by byte, since a client would mend or refuse what is sent here."""

import socket
from contextlib import suppress
from dataclasses import dataclass, field
from http.client import HTTPException, HTTPResponse
from typing import Any
from urllib.parse import urlsplit

JSON = ("Content-Type", "application/json")
type Header = tuple[str, str | bytes]


@dataclass(frozen=True)
class Sent:
    """A request; `path` comes after the API's own prefix, unless it `leaves` the API."""

    method: str = "GET"
    path: str | bytes = "/tickets"
    headers: tuple[Header, ...] = ()
    body: bytes = b""
    leaves: bool = False
    framed: bool = True  # with a Content-Length


@dataclass(frozen=True)
class Case:
    """A request that nobody should send, and the statuses that may answer it.

    Where it is not `ours`, LocalStack's HTTP server answers before API Gateway is asked: its answer
    is no problem document.
    """

    name: str
    sent: Sent
    statuses: frozenset[int]
    ours: bool = True


@dataclass(frozen=True)
class Got:
    """An answer; status 0 when none came."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


def case(name: str, sent: Sent, *statuses: int, ours: bool = True) -> Case:
    """A row of the table."""
    return Case(name, sent, frozenset(statuses), ours)


def exchange(base_url: str, sent: Sent, seconds: float = 20) -> Got:
    """What the server answers."""
    url = urlsplit(base_url)
    address = (url.hostname or "", url.port or 80)
    with socket.create_connection(address, timeout=seconds) as connection:
        # It may refuse before it has read everything.
        with suppress(ConnectionError):
            connection.sendall(_bytes(sent, url.netloc, "" if sent.leaves else url.path))
        return _answer(connection, sent.method)


def _answer(connection: socket.socket, method: str) -> Got:
    response = HTTPResponse(connection, method=method)
    try:
        response.begin()
        headers = {name.lower(): value for name, value in response.getheaders()}
        return Got(response.status, headers, response.read())
    except (ConnectionError, HTTPException, TimeoutError):
        return Got(0)
    finally:
        response.close()


def _bytes(sent: Sent, host: str, prefix: str) -> bytes:
    named = {name.lower() for name, _ in sent.headers}
    headers: list[Header] = [] if "host" in named else [("Host", host)]
    headers += [*sent.headers, ("Connection", "close")]
    if sent.framed and sent.body and "content-length" not in named:
        headers.append(("Content-Length", str(len(sent.body))))
    target = _raw(prefix) + _raw(sent.path)
    lines = [_raw(sent.method) + b" " + target + b" HTTP/1.1"]
    lines += [_raw(name) + b": " + _raw(value) for name, value in headers]
    return b"\r\n".join([*lines, b"", sent.body])


def _raw(text: Any) -> bytes:
    return text if isinstance(text, bytes) else str(text).encode()
