"""Requests to configured addresses: never to our own network, and bounded in every way."""

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import trustme

from deskhand.safety import outbound
from deskhand.safety.outbound import AddressRefused, AnswerLimits, HttpAnswer, NoAnswer, ask
from tests.patience import HUNG_SECONDS

OPEN = AnswerLimits(seconds=HUNG_SECONDS, max_bytes=1000, private=True)
STRICT = AnswerLimits(seconds=HUNG_SECONDS, max_bytes=1000)

# As it was before the suite's guard against looking up names.
_REAL = socket.getaddrinfo

type Speak = Callable[[socket.socket], None]


@pytest.fixture(autouse=True)
def _only_written_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Any way of writing an address is read as the system does; no name server is asked."""

    def numeric(host: str, port: int, *_: Any, **__: Any) -> Any:
        flags = 0 if host == "localhost" else socket.AI_NUMERICHOST
        return _REAL(host, port, type=socket.SOCK_STREAM, flags=flags)

    monkeypatch.setattr(socket, "getaddrinfo", numeric)


@contextmanager
def server(speak: Speak, authority: trustme.CA | None = None) -> Iterator[tuple[int, list[bytes]]]:
    """A port that reads one request from each caller and then does what `speak` says."""
    seen: list[bytes] = []
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                raw, _ = listener.accept()
            except OSError:
                return
            with raw:
                try:
                    connection = _wrapped(raw, authority)
                    seen.append(connection.recv(65536))
                    speak(connection)
                    connection.close()
                except OSError:
                    continue

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield listener.getsockname()[1], seen
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()


def _wrapped(raw: socket.socket, authority: trustme.CA | None) -> socket.socket:
    if authority is None:
        return raw
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("hooks.example.com").configure_cert(context)
    return context.wrap_socket(raw, server_side=True)


def says(*parts: bytes, pause: float = 0) -> Speak:
    def speak(connection: socket.socket) -> None:
        for part in parts:
            connection.sendall(part)
            time.sleep(pause)

    return speak


def fine(body: bytes = b"ok") -> Speak:
    return says(b"HTTP/1.1 200 OK\r\nETag: x\r\nContent-Length: %d\r\n\r\n" % len(body) + body)


def get(url: str, limits: AnswerLimits = OPEN) -> HttpAnswer:
    return ask("GET", url, {"Accept": "*/*"}, None, limits)


def test_an_answer_of_any_status() -> None:
    with server(fine()) as (port, seen):
        answer = get(f"http://127.0.0.1:{port}/a/b?c=d")
    assert (answer.status, answer.headers["etag"], answer.body) == (200, "x", b"ok")
    assert seen[0].startswith(b"GET /a/b?c=d HTTP/1.1\r\nHost: 127.0.0.1:")


@pytest.mark.parametrize(
    "url",
    [
        "http://93.184.216.34/", "https://127.0.0.1/", "https://127.1/", "https://0x7f000001/",
        "https://2130706433/", "https://0/", "https://localhost/", "https://[::1]/",
        "https://[::ffff:127.0.0.1]/", "https://[::]/", "https://169.254.169.254/latest/meta-data/",
        "https://[fd00:ec2::254]/", "https://10.0.0.1/", "https://172.16.0.1/",
        "https://192.168.1.1/", "https://100.64.0.1/", "https://[fe80::1]/", "https://[fc00::1]/",
        "https://224.0.0.1/", "https://255.255.255.255/", "https://192.0.2.1/",
        "https://[64:ff9b::a9fe:a9fe]/", "https://[2002:7f00:1::]/", "https://[::ffff:0:7f00:1]/",
        "https://user@93.184.216.34/", "https://a:b@93.184.216.34/", "https://@127.0.0.1/",
        "ftp://93.184.216.34/", "file:///etc/passwd", "https://", "https:///x", "//93.184.216.34/",
        "https://93.184.216.34:0/", "https://93.184.216.34:99999/", "https://[::1/",
        "https://93.184.216.34/\r\nX: y", "https://93.184.216.34/ a", "javascript:alert(1)", "",
    ],
)  # fmt: skip
def test_addresses_that_are_never_asked(url: str) -> None:
    with pytest.raises(AddressRefused):
        get(url, STRICT)


def resolver(*addresses: str) -> Callable[..., Any]:
    def resolve(host: str, port: int, *_: Any, **__: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, port)) for each in addresses]

    return resolve


def test_a_name_with_one_private_address_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", resolver("93.184.216.34", "10.0.0.1"))
    with pytest.raises(AddressRefused):
        get("https://hooks.example.com/", STRICT)


def test_a_name_that_changes_its_mind_is_asked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rebinding: the address that was looked at is the one that is connected to."""
    asked: list[str] = []
    connected: list[Any] = []

    def resolve(host: str, port: int, **named: Any) -> list[Any]:
        asked.append(host)
        return list(resolver("93.184.216.34" if len(asked) == 1 else "127.0.0.1")(host, port))

    def connect(address: Any, **_: Any) -> socket.socket:
        connected.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    monkeypatch.setattr(socket, "create_connection", connect)
    with pytest.raises(NoAnswer):
        get("https://hooks.example.com/", STRICT)
    assert (asked, connected) == (["hooks.example.com"], [("93.184.216.34", 443)])


def test_tls_is_checked_against_the_name(monkeypatch: pytest.MonkeyPatch) -> None:
    authority = trustme.CA()
    monkeypatch.setattr(socket, "getaddrinfo", resolver("127.0.0.1"))
    with server(fine(), authority) as (port, seen):
        with pytest.raises(NoAnswer, match="SSLCertVerificationError"):
            get(f"https://hooks.example.com:{port}/")
        context = ssl.create_default_context()
        authority.configure_trust(context)
        monkeypatch.setattr(outbound, "_tls", lambda: context)
        assert get(f"https://hooks.example.com:{port}/").body == b"ok"
        with pytest.raises(NoAnswer, match="SSLCertVerificationError"):
            get(f"https://other.example.com:{port}/")
    assert len(seen) == 1
    assert b"\r\nHost: hooks.example.com:" in seen[0]


def test_a_redirect_is_not_followed() -> None:
    with server(fine()) as (secret, seen):
        where = f"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:{secret}/\r\n\r\n".encode()
        with server(says(where)) as (port, _):
            assert get(f"http://127.0.0.1:{port}/").status == 302
    assert seen == []


@pytest.mark.parametrize(
    ("speak", "why"),
    [
        (fine(b"x" * 1001), "larger"),
        (says(b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 1001), "larger"),
        (says(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort"), "early"),
        (says(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\nx"), "compressed"),
        (says(b"nonsense\r\n\r\n"), "BadStatusLine"),
        (says(b""), "RemoteDisconnected"),
        (says(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabc"), "Incomplete"),
    ],
)
def test_what_is_no_whole_answer(speak: Speak, why: str) -> None:
    with server(speak) as (port, _), pytest.raises(NoAnswer, match=why):
        get(f"http://127.0.0.1:{port}/")


@pytest.mark.parametrize(
    "start",
    [b"", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 600\r\n\r\n"],
    ids=["head", "field", "body"],
)
def test_a_trickle_ends_when_the_time_is_over(start: bytes) -> None:
    """The server would go on for as long as a program that hangs, and then be done."""
    length = round(HUNG_SECONDS / 0.1)
    head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % length
    rest = [bytes([each]) for each in (head + b"x" * length).removeprefix(start)]
    with server(says(start, *rest, pause=0.1)) as (port, _), pytest.raises(NoAnswer):
        get(f"http://127.0.0.1:{port}/", AnswerLimits(seconds=0.5, max_bytes=1000, private=True))


def test_nobody_there_and_no_such_name(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(NoAnswer, match="ConnectionRefusedError"):
        get(f"http://127.0.0.1:{port}/")

    def unknown(*_: Any, **__: Any) -> Any:
        raise socket.gaierror

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(NoAnswer, match="not known"):
        get("https://hooks.example.com/")
