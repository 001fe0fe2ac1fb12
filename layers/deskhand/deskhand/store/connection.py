"""One database connection for each execution environment, checked before use.

Nothing here or in any statement outlives its transaction, so a pooler that gives each transaction
another session (RDS Proxy, pgbouncer) may stand in between. The server's time limits belong to the
database role (`limits`): poolers refuse them from a client.
"""

import json
import select
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, override

import psycopg
from psycopg.conninfo import make_conninfo
from psycopg.rows import DictRow, dict_row

from deskhand.errors import DatabaseUnavailable
from deskhand.settings.environment import settings

type Connection = psycopg.Connection[DictRow]
# The base of every error of a statement.
StoreError = psycopg.Error

CONNECT_SECONDS = 3
# The server's limits are shorter, so it ends a slow statement before the client gives up.
WAIT_SECONDS = 4.0

# After a failover a writer that became a reader raises InternalError.
_LOST = (psycopg.OperationalError, psycopg.InterfaceError, psycopg.InternalError)

_open: Connection | None = None


class BoundedConnection(psycopg.Connection[DictRow]):
    """A connection whose waits end even when the server has gone silent.

    The server's own time limits do not help when the server or the network is gone.
    """

    wait_seconds: float | None = WAIT_SECONDS

    @override
    def wait(self, gen: Any, interval: float = 0.1, timeout: float | None = None) -> Any:
        """The result of `gen`; raises OperationalError when it takes too long."""
        try:
            return super().wait(gen, interval, timeout or self.wait_seconds)
        except psycopg.OperationalError:
            # The statement has not ended: without this, leaving the transaction would wait once
            # more.
            if self.pgconn.transaction_status == psycopg.pq.TransactionStatus.ACTIVE:
                self.pgconn.finish()
            raise


def open_connection(url: str, *, wait_seconds: float | None = WAIT_SECONDS) -> Connection:
    """A new autocommit connection with dict rows; `wait_seconds=None` waits without a limit."""
    made = BoundedConnection.connect(
        url,
        autocommit=True,
        connect_timeout=CONNECT_SECONDS,
        row_factory=dict_row,
        application_name="deskhand",
        # A prepared statement belongs to a session, and a pooler may give the next one another
        # session.
        prepare_threshold=None,
    )
    made.wait_seconds = wait_seconds
    return made


@contextmanager
def connection(*, keep: bool = True) -> Iterator[Connection]:
    """This environment's connection; raises DatabaseUnavailable when the database is lost.

    With `keep=False` it is closed afterwards, so an idle environment uses no connection.
    """
    try:
        yield _alive()
    except _LOST as error:
        close()
        # The password may have been changed meanwhile.
        database_url.cache_clear()
        raise DatabaseUnavailable(f"the database did not answer ({type(error).__name__})") from None
    finally:
        if not keep:
            close()


def idle_connection() -> Connection | None:
    """This environment's connection, if it is open and in no transaction; it opens none."""
    if _open is None or _open.closed:
        return None
    idle = psycopg.pq.TransactionStatus.IDLE
    return _open if _open.info.transaction_status == idle else None


@contextmanager
def patient(conn: Connection, seconds: int) -> Iterator[None]:
    """A transaction in which each statement may run, and wait for locks, for `seconds`."""
    with _waiting(conn, seconds + 1), conn.transaction():
        conn.execute(
            "SELECT set_config('statement_timeout', %(limit)s, true),"
            " set_config('lock_timeout', %(limit)s, true)",
            {"limit": f"{seconds}s"},
        )
        yield


def close() -> None:
    """Closes the connection; the next use opens a new one."""
    global _open
    if _open is not None:
        _open.close()
    _open = None


@contextmanager
def _waiting(conn: Connection, seconds: float) -> Iterator[None]:
    """Extends the client's time limit, unless it has none."""
    if not isinstance(conn, BoundedConnection) or conn.wait_seconds is None:
        yield
        return
    usual, conn.wait_seconds = conn.wait_seconds, seconds
    try:
        yield
    finally:
        conn.wait_seconds = usual


def _alive() -> Connection:
    global _open
    if _open is None or _open.closed or _hung_up(_open):
        close()
        _open = open_connection(database_url())
    return _open


def _hung_up(idle: Connection) -> bool:
    """Whether the server has closed an idle connection; costs no round trip."""
    # A server sends nothing to an idle connection, so bytes to read are its goodbye or end of file.
    return bool(select.select([idle.fileno()], [], [], 0)[0])


@cache
def database_url() -> str:
    """The connection string, from the environment or from Secrets Manager.

    The secret is `{"url": ..., "ca": ...}`. Its server must prove its identity by TLS. `ca` holds
    the trusted certificates in PEM, such as those of RDS in the region; without it public
    authorities are trusted, as RDS Proxy needs.
    """
    if settings().database_url:
        return settings().database_url
    secret = _secret()
    return make_conninfo(
        str(secret["url"]), sslmode="verify-full", sslrootcert=_trusted(secret.get("ca"))
    )


def _trusted(ca: str | None) -> str:
    """A file with the trusted certificates: libpq accepts only a path."""
    if ca is None:
        # Imported here: locally, most functions do not need it.
        import ssl

        return ssl.get_default_verify_paths().cafile or "system"
    path = Path(tempfile.gettempdir()) / "database-ca.pem"
    path.write_text(ca)
    return str(path)


def _secret() -> dict[str, Any]:
    # Imported here: locally, most functions do not need it.
    import boto3
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError, ClientError

    config = Config(connect_timeout=1, read_timeout=2, retries={"total_max_attempts": 2})
    arn = settings().need("database_secret_arn")
    try:
        secret = boto3.client("secretsmanager", config=config).get_secret_value(SecretId=arn)
    except (BotoCoreError, ClientError) as error:
        raise DatabaseUnavailable(f"its secret cannot be read ({type(error).__name__})") from None
    found: dict[str, Any] = json.loads(secret["SecretString"])
    return found
