"""A real pgbouncer in transaction mode before a test's Postgres."""

import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from psycopg.conninfo import conninfo_to_dict, make_conninfo

from embedded import ports
from embedded.account import Account
from tests.patience import HUNG_SECONDS, wait_until

# Debian keeps servers where an ordinary PATH does not look.
PROGRAM = shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin:/usr/local/sbin")
POOL_SIZE = 2

_CONFIGURATION = """
[databases]
* = host={host} port={server_port}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = {directory}/users
pool_mode = transaction
default_pool_size = {pool_size}
max_client_conn = 100
server_login_retry = 1
logfile = {directory}/log
pidfile = {directory}/pid
"""


@contextmanager
def pgbouncer(dsn: str) -> Iterator[int]:
    """The port of a pgbouncer with `POOL_SIZE` sessions for each database of the DSN's server."""
    account = Account.without_rights()
    directory, port = Path(tempfile.mkdtemp(prefix="deskhand-pooler-")), ports.unused_port()
    server = conninfo_to_dict(dsn)
    (directory / "users").write_text(f'"{server["user"]}" "{server["password"]}"\n')
    configuration = _CONFIGURATION.format(
        directory=directory, port=port, pool_size=POOL_SIZE, **{
            "host": server["host"], "server_port": server["port"]
        }
    )  # fmt: skip
    (directory / "ini").write_text(configuration)
    account.own(directory)
    assert PROGRAM is not None
    process = subprocess.Popen([PROGRAM, "-q", directory / "ini"], **account.identity)
    try:
        _wait(port, process, directory / "log")
        yield port
    finally:
        process.terminate()
        process.wait(HUNG_SECONDS)
        shutil.rmtree(directory, ignore_errors=True)


def through(port: int, dsn: str) -> str:
    """The DSN by way of the pooler."""
    return make_conninfo(dsn, host="127.0.0.1", port=port)


def _wait(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    def listens() -> bool:
        assert process.poll() is None, log.read_text()
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), HUNG_SECONDS):
            return True
        return False

    wait_until(listens, "pgbouncer's first connection")
