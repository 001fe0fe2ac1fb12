"""Ports that are really busy."""

import os
import socket
from collections.abc import Iterator

import pytest

from embedded import ports
from embedded.errors import EmbeddedError


@pytest.fixture
def busy() -> Iterator[int]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


def test_a_busy_port_names_its_owner_and_the_variable(busy: int) -> None:
    assert not ports.is_free(busy)
    with pytest.raises(EmbeddedError) as raised:
        ports.require_free(busy, "POSTGRES_PORT")
    assert f"port {busy} is in use by " in str(raised.value)
    assert f"(pid {os.getpid()})" in str(raised.value)
    assert "`make up POSTGRES_PORT=" in str(raised.value)


def test_a_port_bound_on_all_interfaces_is_busy() -> None:
    with socket.socket() as listener:
        listener.bind(("0.0.0.0", 0))  # noqa: S104 - the case under test
        listener.listen()
        assert not ports.is_free(listener.getsockname()[1])


def test_an_unused_port_is_free() -> None:
    port = ports.unused_port()
    assert ports.is_free(port)
    assert ports.holder(port) is None
    ports.require_free(port, "POSTGRES_PORT")


def test_no_client_gets_an_unused_port_meanwhile() -> None:
    with socket.socket() as server, socket.socket() as client:
        server.bind(("127.0.0.1", 0))
        server.listen()
        client.connect(server.getsockname())
        assert ports.unused_port() < client.getsockname()[1]
