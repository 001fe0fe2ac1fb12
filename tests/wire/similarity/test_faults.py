"""Whatever an embedding model's server does, a call ends in rows or a named error, and in time."""

import socket
import time

import pytest

from deskhand.errors import (
    DeskhandError,
    ModelOutputInvalid,
    ModelRateLimited,
    ModelUnavailable,
)
from deskhand.similarity.adapters.remote import RESPONSE_BYTES
from tests.wire.models.faults import (
    STATUSES,
    answers,
    breaks_off,
    busy,
    drips,
    hangs,
    resets,
    sends,
)
from tests.wire.models.model_server import Act, Handler, ModelServer
from tests.wire.similarity.conftest import Connect
from tests.wire.similarity.vectors import gives, gives_rows

FAULTS: dict[str, tuple[Act, type[DeskhandError]]] = {
    **STATUSES,
    "HTML": (sends(b"<html>Welcome</html>", "text/html"), ModelUnavailable),
    "empty body": (sends(b""), ModelUnavailable),
    "empty object": (sends(b"{}"), ModelUnavailable),
    "list body": (answers(200, []), ModelUnavailable),
    "nulls": (answers(200, {"data": None, "embeddings": None}), ModelUnavailable),
    "broken JSON": (sends(b'{"data": [], "embeddings": [[1, nul'), ModelUnavailable),
    "no UTF-8": (sends(b"\xff\xfe\x00"), ModelUnavailable),
    "deep body": (sends(b"[" * 100_000), ModelUnavailable),
    "null vector": (gives_rows(None), ModelUnavailable),
    "null inside": (gives_rows([None, 1]), ModelUnavailable),
    "words inside": (gives_rows(["0.1", "0.2"]), ModelUnavailable),
    "truth inside": (gives_rows([True, False]), ModelUnavailable),
    "packed": (gives_rows("AACAPwAAAAA="), ModelUnavailable),
    "nested": (gives_rows([[1, 0]]), ModelUnavailable),
    "breaks off": (breaks_off("x"), ModelUnavailable),
    "reset": (resets(), ModelUnavailable),
    "endless": (sends(b" " * (RESPONSE_BYTES + 1)), ModelOutputInvalid),
}


@pytest.mark.parametrize(("act", "error"), FAULTS.values(), ids=FAULTS.keys())
def test_faults_have_our_names_and_no_retry(
    connect: Connect, act: Act, error: type[Exception]
) -> None:
    """F-E3"""
    with ModelServer(act) as server:
        with pytest.raises(error) as raised:
            connect(server).embed(["VPN"])
        assert len(server.requests) == 1
    assert "sk-secret" not in str(raised.value)
    assert raised.value.__cause__ is None


def test_a_gateways_error_inside_a_200_is_one(connect: Connect, model: str) -> None:
    act = answers(200, {"error": {"code": 429, "message": "slow down"}})
    error = ModelRateLimited if model.startswith("openai") else ModelUnavailable
    with ModelServer(act) as server, pytest.raises(error):
        connect(server).embed(["VPN"])


def test_the_servers_wait_is_passed_on(connect: Connect) -> None:
    """F-E6"""
    with ModelServer(busy("7")) as server, pytest.raises(ModelRateLimited) as raised:
        connect(server).embed(["VPN"])
    assert raised.value.retry_after == 7


def test_connection_refused(connect: Connect) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        with pytest.raises(ModelUnavailable):
            connect(f"http://127.0.0.1:{unused.getsockname()[1]}").embed(["VPN"])


def slowly(handler: Handler) -> None:
    """Each request is answered within the time, but all of them together are not."""
    time.sleep(0.15)
    gives()(handler)


LATE: dict[str, Act] = {
    "hang": hangs(),
    "drip": drips("x"),
    "headers drip": drips("x", headers_too=True),
    "request by request": slowly,
}


@pytest.mark.parametrize("act", LATE.values(), ids=LATE.keys())
def test_the_deadline_is_that_of_all_texts_together(connect: Connect, act: Act) -> None:
    """F-E9"""
    with ModelServer(act) as server:
        embedder = connect(server, timeout=0.4)
        with pytest.raises(ModelUnavailable):
            embedder.embed([f"text {number}" for number in range(300)])
        # Three of the slow ones use the time up; there would be five at least.
        assert len(server.requests) <= 3


def test_a_failed_call_leaves_a_connection_that_works(connect: Connect) -> None:
    with ModelServer(hangs(), gives()) as server:
        embedder = connect(server, timeout=1.5)
        with pytest.raises(ModelUnavailable):
            embedder.embed(["VPN"])
        assert embedder.embed(["VPN"]).shape == (1, 2)


@pytest.mark.parametrize("model", ["openai:m@4000", "ollama:m@4000", "bedrock:m@4000"])
def test_a_full_batch_of_the_longest_vectors_is_not_too_large(connect: Connect, model: str) -> None:
    row = [-0.012345678901234567] * 4_000
    with ModelServer(gives(lambda _: row)) as server:
        embedder = connect(server, timeout=50)
        assert embedder.embed(["VPN"] * embedder.batch).shape == (embedder.batch, 4_000)
