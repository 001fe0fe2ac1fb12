"""One database connection for each execution environment, checked before use."""

import json
import select
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

import psycopg
from psycopg.rows import DictRow, dict_row

from deskhand.errors import DatabaseUnavailable
from deskhand.settings import settings

type Connection = psycopg.Connection[DictRow]

# A stuck database must give an answer inside the API's 5 seconds; waiting for another request's
# key takes at most 2 of them.
_LIMITS = "-c statement_timeout=5s -c lock_timeout=2s -c idle_in_transaction_session_timeout=30s"

_open: Connection | None = None


def open_connection(url: str) -> Connection:
    """A new autocommit connection with dict rows and time limits."""
    return psycopg.Connection[DictRow].connect(
        url,
        autocommit=True,
        connect_timeout=4,
        row_factory=dict_row,
        options=_LIMITS,
        application_name="deskhand",
        # No server-side prepared statements: they break transaction pooling (RDS Proxy, pgbouncer).
        prepare_threshold=None,
    )


@contextmanager
def connection() -> Iterator[Connection]:
    """This environment's connection; a lost database surfaces as DatabaseUnavailable."""
    try:
        yield _alive()
    except (psycopg.OperationalError, psycopg.InterfaceError) as error:
        close()
        raise DatabaseUnavailable(f"the database did not answer ({type(error).__name__})") from None


def close() -> None:
    """Forget the connection; the next use opens a new one."""
    global _open
    if _open is not None:
        _open.close()
    _open = None


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
    """The connection string, from the environment or from Secrets Manager (`{"url": ...}`)."""
    if settings().database_url:
        return settings().database_url
    import boto3  # ingest has it anyway; other functions pay for it on AWS only

    arn = settings().need("database_secret_arn")
    secret = boto3.client("secretsmanager").get_secret_value(SecretId=arn)
    return str(json.loads(secret["SecretString"])["url"])
