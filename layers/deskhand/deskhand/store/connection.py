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
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.rows import DictRow, dict_row

from deskhand.errors import DatabaseUnavailable
from deskhand.settings.environment import Settings, settings
from deskhand.settings.secrets_manager import SecretUnavailable, text_of
from deskhand.store.schema import missing_migrations

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


def own_connection(*, wait_seconds: float | None = WAIT_SECONDS) -> Connection:
    """A new connection to this environment's database, the caller's to close.

    A password that was changed since it was read is read again.
    """
    known = database_url()
    try:
        return open_connection(known, wait_seconds=wait_seconds)
    except psycopg.OperationalError:
        database_url.cache_clear()
        if (now := database_url()) == known:
            raise
        return open_connection(now, wait_seconds=wait_seconds)


@contextmanager
def connection(*, keep: bool = True) -> Iterator[Connection]:
    """This environment's connection; raises DatabaseUnavailable when the database is lost.

    A schema that is older than this code counts as a database that is away: callers and the state
    machine come again, and meanwhile it is migrated. With `keep=False` it is closed afterwards, so
    an idle environment uses no connection.
    """
    try:
        yield _alive()
    except _LOST as error:
        close()
        raise DatabaseUnavailable(f"the database did not answer ({type(error).__name__})") from None
    except psycopg.Error as error:
        if lacking := _lacking():
            said = f"its schema has no {lacking} yet ({type(error).__name__}): run MigrateFunction"
            raise DatabaseUnavailable(said) from None
        raise
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
        _open = own_connection()
    return _open


def _lacking() -> str:
    """The first migration that the database has not got; empty if it has all of them."""
    # Only asked after an error, so that nobody waits for it otherwise.
    try:
        return next(iter(missing_migrations(conn)), "") if (conn := idle_connection()) else ""
    except psycopg.Error:
        return ""


def _hung_up(idle: Connection) -> bool:
    """Whether the server has closed an idle connection; costs no round trip."""
    # A server sends nothing to an idle connection, so bytes to read are its goodbye or end of file.
    return bool(select.select([idle.fileno()], [], [], 0)[0])


@cache
def database_url() -> str:
    """The connection string, from the environment or from Secrets Manager.

    Its server must prove its identity by TLS, whatever the secret says. The trusted certificates,
    such as those of RDS in the region, are PEM in the secret's `ca` or in a secret of their own;
    without them public authorities are trusted, as RDS Proxy needs. Raises DatabaseUnavailable.
    """
    given = settings()
    if given.database_url:
        return given.database_url
    found = _secret(given.need("database_secret_arn"))
    ca = found.get("ca") or (_text(arn) if (arn := given.database_certificates_arn) else "")
    return make_conninfo(
        _address(found, given), sslmode="verify-full", sslrootcert=_trusted(ca or None)
    )


def login_of(url: str, arn: str) -> tuple[str, str] | None:
    """User and password of a connection string, or of the secret at `arn`; None without either.

    Raises DatabaseUnavailable.
    """
    if url or not arn:
        found: dict[str, Any] = dict(conninfo_to_dict(url))
        user = found.get("user")
    else:
        found = _secret(arn)
        if "url" in found:
            found = dict(conninfo_to_dict(str(found["url"])))
        user = found.get("username") or found.get("user")
    return (str(user), str(found.get("password", ""))) if user else None


def _address(secret: dict[str, Any], given: Settings) -> str:
    """The address in a secret: its `url`, or the members of the secrets that RDS makes itself.

    Those that RDS keeps for its own clusters have no host, and a proxy has another one; then
    DATABASE_HOST counts.
    """
    host, _, port = given.database_host.partition(":")
    if "url" in secret:
        other = {"host": host, "port": port}
        return make_conninfo(str(secret["url"]), **{k: v for k, v in other.items() if v})
    if "username" not in secret or not (host or secret.get("host")):
        raise DatabaseUnavailable("its secret has neither a url, nor a username and a host")
    return make_conninfo(
        host=host or str(secret["host"]),
        port=port or str(secret.get("port", 5432)),
        dbname=str(secret.get("dbname") or given.database_name),
        user=str(secret["username"]),
        password=str(secret.get("password", "")),
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


def _secret(arn: str) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads(_text(arn))
    except ValueError:
        raise DatabaseUnavailable("its secret is no JSON object") from None
    return found


def _text(arn: str) -> str:
    try:
        return text_of(arn)
    except SecretUnavailable as error:
        raise DatabaseUnavailable(f"a secret of it cannot be read ({error})") from None
