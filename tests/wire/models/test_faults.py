"""Whatever a model's server does, a call ends in a value or a named error before its deadline."""

import gzip
import socket
import threading
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import httpcore2
import pytest

from deskhand.errors import (
    DeskhandError,
    ModelOutputInvalid,
    ModelRateLimited,
    ModelRefused,
    ModelUnavailable,
)
from deskhand.models.base import Prompt
from tests.patience import HUNG_SECONDS
from tests.wire.models.adapters import Colour, Connect
from tests.wire.models.faults import (
    STATUSES,
    answers,
    breaks_off,
    busy,
    drips,
    hangs,
    refuses,
    resets,
    sends,
)
from tests.wire.models.model_server import Act, Handler, ModelServer, envelope, says

BLUE = '{"colour": "blue", "sure": 0.9}'


FAULTS: dict[str, tuple[Act, type[DeskhandError]]] = {
    **STATUSES,
    "400": (answers(400, {"error": {"message": "no such sk-secret"}}), ModelRefused),
    "HTML": (sends(b"<html>Welcome</html>", "text/html"), ModelUnavailable),
    "empty body": (sends(b""), ModelUnavailable),
    "broken JSON": (sends(b'{"choices": [], "message": nul'), ModelUnavailable),
    "no UTF-8": (sends(b"\xff\xfe\x00"), ModelUnavailable),
    "deep body": (sends(b"[" * 100_000), ModelUnavailable),
    "no choice": (answers(200, {"choices": [], "done": False}), ModelUnavailable),
    "nulls": (answers(200, {"message": None, "choices": None, "output": None}), ModelUnavailable),
    "list body": (answers(200, []), ModelUnavailable),
    "list error": (answers(500, [[[{}]]]), ModelUnavailable),
    "deep error": (lambda handler: handler.send(500, b"[" * 100_000), ModelUnavailable),
    "breaks off": (breaks_off(BLUE), ModelUnavailable),
    "reset": (resets(), ModelUnavailable),
}


@pytest.mark.parametrize(("act", "error"), FAULTS.values(), ids=FAULTS.keys())
def test_faults_have_our_names_and_no_retry(
    connect: Connect, prompt: Prompt, act: Act, error: type[Exception]
) -> None:
    """F-E3"""
    with ModelServer(act) as server:
        with pytest.raises(error) as raised:
            connect(server.url).complete(prompt, Colour)
        assert len(server.requests) == 1
    assert "sk-secret" not in str(raised.value)
    assert raised.value.__cause__ is None


@pytest.mark.parametrize(
    ("said", "seconds"),
    [("7", 7), ("0.5", 0.5), ("date+30", 30), ("date+-30", 0), ("999999999", 86_400)],
)
def test_the_servers_wait_is_passed_on(
    connect: Connect, prompt: Prompt, said: str, seconds: float
) -> None:
    """F-E6"""
    with ModelServer(busy(said)) as server, pytest.raises(ModelRateLimited) as raised:
        connect(server.url).complete(prompt, Colour)
    assert raised.value.retry_after == pytest.approx(seconds, abs=2)


def test_a_wait_in_milliseconds_is_more_exact(connect: Connect, prompt: Prompt) -> None:
    act = answers(429, {}, retry_after_ms="1500", Retry_After="2")
    with ModelServer(act) as server, pytest.raises(ModelRateLimited) as raised:
        connect(server.url).complete(prompt, Colour)
    assert raised.value.retry_after == 1.5


@pytest.mark.parametrize("said", ["", "soon", "-5", "nan", "1e9", "Mon, 99 Foo 2026", "²"])
def test_a_senseless_wait_is_none(connect: Connect, prompt: Prompt, said: str) -> None:
    act = answers(429, {}, **({"Retry_After": said} if said.isascii() and said else {}))
    with ModelServer(act) as server, pytest.raises(ModelRateLimited) as raised:
        connect(server.url).complete(prompt, Colour)
    assert raised.value.retry_after is None


def test_a_refusal_has_our_name(connect: Connect, prompt: Prompt) -> None:
    """F-E3"""
    with ModelServer(refuses()) as server:
        adapter = connect(server.url)
        with pytest.raises((ModelRefused, ModelOutputInvalid)) as raised:
            adapter.complete(prompt, Colour)
        asked = len(server.requests)
    # Ollama has no word for it: there a refusal is an answer without JSON.
    known = adapter.name != "ollama"
    assert (type(raised.value), asked) == ((ModelRefused, 1) if known else (ModelOutputInvalid, 2))
    assert "sorry" not in str(raised.value)


def test_connection_refused(connect: Connect, prompt: Prompt) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}"
        with pytest.raises(ModelUnavailable):
            connect(url).complete(prompt, Colour)


LATE: dict[str, list[Act]] = {
    "hang": [hangs()],
    "drip": [drips(BLUE)],
    "headers drip": [drips(BLUE, headers_too=True)],
    "hang in the repair": [says("no"), hangs()],
    "drip in the repair": [says("no"), drips(BLUE)],
}


@pytest.mark.parametrize("script", LATE.values(), ids=LATE.keys())
def test_the_deadline_is_total(connect: Connect, prompt: Prompt, script: list[Act]) -> None:
    """F-E3 F-E9"""
    with ModelServer(*script) as server, pytest.raises(ModelUnavailable):
        connect(server.url, timeout=0.4).complete(prompt, Colour)


def test_a_server_that_reads_slowly_gains_nothing(connect: Connect, prompt: Prompt) -> None:
    """F-E9"""
    with slow_reader() as url, pytest.raises(ModelUnavailable):
        connect(url, timeout=0.4).complete(replace(prompt, user="x" * 8_000_000), Colour)


@contextmanager
def slow_reader() -> Iterator[str]:
    """The URL of a server that takes a few bytes every 50 ms, until the test is over."""
    over, waited_out = threading.Event(), threading.Event()
    listener = socket.create_server(("127.0.0.1", 0))

    def read() -> None:
        connection, _ = listener.accept()
        with connection:
            for _ in range(round(HUNG_SECONDS / 0.05)):
                if over.wait(0.05):
                    return
                connection.recv(5_000)
        waited_out.set()

    threading.Thread(target=read, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        over.set()
        listener.close()
    assert not waited_out.is_set()


def test_a_name_server_that_hangs_gains_nothing(
    connect: Connect, prompt: Prompt, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F-E9"""

    over, waited_out = threading.Event(), threading.Event()

    def hang(*_: object, **__: object) -> None:
        if not over.wait(HUNG_SECONDS):
            waited_out.set()

    monkeypatch.setattr(socket, "getaddrinfo", hang)
    with pytest.raises(ModelUnavailable):
        connect("http://model.example:80", timeout=0.4).complete(prompt, Colour)
    assert not waited_out.is_set()
    over.set()


def test_addresses_that_do_not_answer_share_the_deadline(
    connect: Connect, prompt: Prompt, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F-E9"""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full:
        port = full.getsockname()[1]
        waiting = [socket.socket() for _ in range(4)]
        for client in waiting:  # fills the queue: from here on nobody gets an answer
            client.setblocking(False)
            client.connect_ex(("127.0.0.1", port))
        info = (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))
        real = socket.getaddrinfo

        def many(host: str, *rest: Any, **named: Any) -> Any:
            five = [(*info[:4], (f"127.0.0.{n}", port)) for n in range(1, 6)]
            return five if host == "model.example" else real(host, *rest, **named)

        connect_tcp, tried = httpcore2.SyncBackend.connect_tcp, []

        def noted(backend: Any, host: str, port: int, seconds: float, *rest: Any) -> Any:
            tried.append((host, seconds))
            return connect_tcp(backend, host, port, seconds, *rest)

        monkeypatch.setattr(socket, "getaddrinfo", many)
        monkeypatch.setattr(httpcore2.SyncBackend, "connect_tcp", noted)
        with pytest.raises(ModelUnavailable):
            connect(f"http://model.example:{port}", timeout=0.6).complete(prompt, Colour)
        # The first one has used all of it up.
        assert [host for host, _ in tried] == ["127.0.0.1"]
        assert 0 < tried[0][1] <= 0.6
        for client in waiting:
            client.close()


def test_the_next_address_is_tried(
    connect: Connect, prompt: Prompt, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ModelServer(says(BLUE)) as server:
        port = server.server_address[1]
        real = socket.getaddrinfo

        def two(host: str, *rest: Any, **named: Any) -> Any:
            if host != "model.example":
                return real(host, *rest, **named)
            kind = (socket.AF_INET, socket.SOCK_STREAM, 6, "")
            return [(*kind, ("127.0.0.9", 9)), (*kind, ("127.0.0.1", port))]

        monkeypatch.setattr(socket, "getaddrinfo", two)
        url = f"http://model.example:{port}"
        assert connect(url).complete(prompt, Colour).value.colour == "blue"


def test_a_deadline_does_not_outlive_its_call(connect: Connect, prompt: Prompt) -> None:
    with ModelServer(hangs(), says(BLUE)) as server:
        adapter = connect(server.url, timeout=0.3)
        with pytest.raises(ModelUnavailable):
            adapter.complete(prompt, Colour)
        adapter._timeout = HUNG_SECONDS
        assert adapter.complete(prompt, Colour).value.colour == "blue"


@pytest.mark.parametrize("text", ["x" * 10_000_000, BLUE + " " * 10_000_000], ids=["x", "padded"])
def test_a_huge_answer_is_not_read(connect: Connect, prompt: Prompt, text: str) -> None:
    """F-E3"""
    bodies = {path: envelope(path, text) for path in ("/api/chat", "/converse", "/v1")}

    def act(handler: Handler) -> None:
        ending = next(path for path in bodies if path in handler.path)
        handler.send(200, bodies[ending])

    with ModelServer(act) as server:
        adapter = connect(server.url)
        tracemalloc.start()
        with pytest.raises(ModelOutputInvalid):
            adapter.complete(prompt, Colour)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    # The server's copies were made before.
    assert peak < 3_000_000


def test_huge_headers_are_not_read(connect: Connect, prompt: Prompt) -> None:
    def act(handler: Handler) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\n" + b"X-Padding: 1\r\n" * 700_000)

    with ModelServer(act) as server, pytest.raises((ModelUnavailable, ModelOutputInvalid)):
        connect(server.url).complete(prompt, Colour)


def test_a_compressed_answer_is_neither_asked_for_nor_unpacked(
    connect: Connect, prompt: Prompt
) -> None:
    def bomb(handler: Handler) -> None:
        """The right answer, for whoever unpacks it."""
        packed = gzip.compress(envelope(handler.path, BLUE) + b" " * 5_000_000, 1)
        handler.send(200, packed, Content_Encoding="gzip")

    with ModelServer(bomb) as server:
        with pytest.raises(ModelUnavailable):
            connect(server.url).complete(prompt, Colour)
        assert server.requests[0][1]["Accept-Encoding"] == "identity"


def test_a_redirect_is_not_followed(connect: Connect, prompt: Prompt) -> None:
    elsewhere = answers(302, {}, Location="http://127.0.0.1:9/")
    with ModelServer(elsewhere) as server, pytest.raises(ModelRefused):
        connect(server.url).complete(prompt, Colour)


def test_every_error_is_one_that_the_state_machine_knows(connect: Connect, prompt: Prompt) -> None:
    for status in (*range(300, 309), *range(400, 432), 451, *range(500, 512), 529):
        with ModelServer(answers(status, {"error": {"code": status}})) as server:
            with pytest.raises(DeskhandError):
                connect(server.url).complete(prompt, Colour)
            assert len(server.requests) == 1
