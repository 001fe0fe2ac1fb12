"""The real server: started, stopped, killed, and started again."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from embedded import ports, processes
from embedded.account import Account
from embedded.errors import EmbeddedError
from embedded.postgres import Server


@pytest.fixture
def server() -> Iterator[Server]:
    with Server.temporary() as running:
        yield running


def one(server: Server, query: str) -> object:
    with psycopg.connect(server.dsn, autocommit=True) as connection:
        row = connection.execute(query).fetchone()
    return row[0] if row else None


def test_gives_pgvector_to_a_role_that_is_no_superuser(server: Server) -> None:
    assert one(server, "SELECT '[1,2]'::vector <-> '[1,2]'::vector") == 0
    assert one(server, "SHOW is_superuser") == "off"
    assert one(server, "SHOW server_version_num") >= "180000"  # type: ignore[operator]
    assert one(server, "SELECT lower('ÄÖ')") == "äö"


def test_a_database_cloned_from_a_template_has_its_tables(server: Server) -> None:
    with psycopg.connect(server.dsn, autocommit=True) as connection:
        connection.execute("CREATE TABLE seen (id int)")
    with psycopg.connect(server.dsn_of("postgres"), autocommit=True) as connection:
        connection.execute("CREATE DATABASE copy TEMPLATE deskhand")
    with psycopg.connect(server.dsn_of("copy")) as connection:
        connection.execute("SELECT '[1]'::vector FROM seen")


def test_data_survives_a_stop_and_a_kill(server: Server) -> None:
    with psycopg.connect(server.dsn, autocommit=True) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 7 AS number")
    server.stop()
    assert server.pid is None
    server.start()
    assert one(server, "SELECT number FROM kept") == 7
    os.kill(server.pid or 0, signal.SIGKILL)
    server.start()
    assert one(server, "SELECT number FROM kept") == 7


def test_starting_twice_is_one_server(server: Server) -> None:
    pid = server.pid
    server.start()
    assert server.pid == pid


def test_a_wrong_password_and_other_interfaces_are_refused(server: Server) -> None:
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(server.dsn.replace("deskhand:", "deskhand:x", 1)).close()
    assert one(server, "SHOW listen_addresses") == "127.0.0.1"


def test_a_busy_port_fails_with_the_servers_own_words(server: Server) -> None:
    account = Account.without_rights()
    base = server.base / "second"
    base.mkdir()
    account.own(base)
    second = Server(base, server.port, durable=False)
    with pytest.raises(EmbeddedError, match="Address already in use"):
        second.start()
    assert second.pid is None


def test_nothing_is_left_of_a_temporary_server() -> None:
    with Server.temporary() as server:
        pid, base = server.pid, server.base
    assert processes.find(pid or 0) is None
    assert not base.exists()
    assert ports.is_free(server.port)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives up its rights")
def test_files_below_a_closed_directory_lie_elsewhere_and_are_linked(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    wanted = tmp_path / "state/postgres"
    account = Account.without_rights()
    place = account.place(wanted)
    try:
        assert account.reaches(place)
        assert wanted.resolve() == place
        assert account.place(wanted) == place
    finally:
        place.rmdir()
