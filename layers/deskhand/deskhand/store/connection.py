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
# Whatever a statement may end with.
StoreError = psycopg.Error

CONNECT_SECONDS = 3
# The server gives a slow statement up before we give the server up.
WAIT_SECONDS = 4.0

# A writer that became a reader after a failover is an InternalError to psycopg.
_LOST = (psycopg.OperationalError, psycopg.InterfaceError, psycopg.InternalError)

_open: Connection | None = None


class BoundedConnection(psycopg.Connection[DictRow]):
    """A connection on which nothing waits for a server that has gone silent.

    The server's own time limits are of no use when the server, or the way to it, is gone.
    """

    wait_seconds: float | None = WAIT_SECONDS

    @override
    def wait(self, gen: Any, interval: float = 0.1, timeout: float | None = None) -> Any:
        """What `gen` ends with, or OperationalError once the time is over."""
        try:
            return super().wait(gen, interval, timeout or self.wait_seconds)
        except psycopg.OperationalError:
            # An unfinished statement: without this, leaving a transaction would wait once more.
            if self.pgconn.transaction_status == psycopg.pq.TransactionStatus.ACTIVE:
                self.pgconn.finish()
            raise


def open_connection(url: str, *, wait_seconds: float | None = WAIT_SECONDS) -> Connection:
    """A new autocommit connection with dict rows; `wait_seconds` None: waits for ever."""
    made = BoundedConnection.connect(
        url,
        autocommit=True,
        connect_timeout=CONNECT_SECONDS,
        row_factory=dict_row,
        application_name="deskhand",
        # A prepared statement lives in its session, which is another one behind a pooler.
        prepare_threshold=None,
    )
    made.wait_seconds = wait_seconds
    return made


@contextmanager
def connection(*, keep: bool = True) -> Iterator[Connection]:
    """This environment's connection; a lost database surfaces as DatabaseUnavailable.

    Without `keep` it is closed afterwards: an environment that only waits for its next call then
    uses up none of the database's connections.
    """
    try:
        yield _alive()
    except _LOST as error:
        close()
        # The password may have changed meanwhile.
        database_url.cache_clear()
        raise DatabaseUnavailable(f"the database did not answer ({type(error).__name__})") from None
    finally:
        if not keep:
            close()


@contextmanager
def patient(conn: Connection, seconds: int) -> Iterator[None]:
    """A transaction whose every statement may take, and wait for locks, that long."""
    with _waiting(conn, seconds + 1), conn.transaction():
        conn.execute(
            "SELECT set_config('statement_timeout', %(limit)s, true),"
            " set_config('lock_timeout', %(limit)s, true)",
            {"limit": f"{seconds}s"},
        )
        yield


def close() -> None:
    """Forget the connection; the next use opens a new one."""
    global _open
    if _open is not None:
        _open.close()
    _open = None


@contextmanager
def _waiting(conn: Connection, seconds: float) -> Iterator[None]:
    """We wait longer too, where we do not wait for ever anyway."""
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
    """True when the server closed an idle connection: seen without a round trip."""
    # Nothing is expected on an idle connection, so bytes to read mean a goodbye or end of file.
    return bool(select.select([idle.fileno()], [], [], 0)[0])


@cache
def database_url() -> str:
    """The connection string, from the environment or from Secrets Manager.

    The secret is `{"url": ..., "ca": ...}`. A server from there must prove by TLS that it is the
    one that is named; `ca` holds the certificates to trust in PEM, such as RDS's of the region.
    Without it those of public authorities are trusted, as RDS Proxy needs it.
    """
    if settings().database_url:
        return settings().database_url
    secret = _secret()
    return make_conninfo(
        str(secret["url"]), sslmode="verify-full", sslrootcert=_trusted(secret.get("ca"))
    )


def _trusted(ca: str | None) -> str:
    """The file with the certificates to trust: libpq takes no text."""
    if ca is None:
        # Imported here: locally, most functions do without it.
        import ssl

        return ssl.get_default_verify_paths().cafile or "system"
    path = Path(tempfile.gettempdir()) / "database-ca.pem"
    path.write_text(ca)
    return str(path)


def _secret() -> dict[str, Any]:
    # Imported here: locally, most functions do without it.
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
