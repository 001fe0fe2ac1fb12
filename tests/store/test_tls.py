"""A database whose address comes from a secret must prove who it is."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import boto3
import pytest
from moto import mock_aws
from psycopg.conninfo import make_conninfo

from deskhand.errors import DatabaseUnavailable
from deskhand.store.connection import connection
from tests.environment import new_environment
from tests.tls import Authority, front

HOST = "localhost"


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority.new()


@pytest.fixture
def use(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """A function that makes a secret the new environment's database."""
    with mock_aws():

        def used(**secret: str) -> None:
            made = boto3.client("secretsmanager").create_secret(
                Name="database", SecretString=json.dumps(secret)
            )
            monkeypatch.setenv("DATABASE_URL", "")
            monkeypatch.setenv("DATABASE_SECRET_ARN", made["ARN"])
            new_environment()

        yield used


@pytest.fixture
def served(database: str, authority: Authority, tmp_path: Path) -> Iterator[str]:
    """The database behind TLS, with a certificate of its host."""
    with front(database, authority.vouches(HOST, tmp_path / "server.pem")) as port:
        yield make_conninfo(database, host=HOST, port=port)


def ask() -> bool:
    with connection() as conn:
        return conn.execute("SELECT").rowcount == 1 and conn.pgconn.ssl_in_use


def test_a_server_that_a_trusted_authority_vouches_for(
    served: str, use: Callable[..., None], authority: Authority
) -> None:
    """F-K7"""
    use(url=served, ca=authority.pem)
    assert ask()


def test_without_authorities_of_its_own_the_public_ones_count(
    served: str,
    use: Callable[..., None],
    authority: Authority,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    use(url=served)
    with pytest.raises(DatabaseUnavailable):
        ask()
    (tmp_path / "public.pem").write_text(authority.pem)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "public.pem"))
    assert ask()


def test_an_authority_that_is_not_trusted(served: str, use: Callable[..., None]) -> None:
    """F-K7"""
    use(url=served, ca=Authority.new().pem)
    with pytest.raises(DatabaseUnavailable):
        ask()


def test_a_certificate_of_another_host(
    database: str, use: Callable[..., None], authority: Authority, tmp_path: Path
) -> None:
    """F-K7"""
    with front(database, authority.vouches("elsewhere", tmp_path / "server.pem")) as port:
        use(url=make_conninfo(database, host=HOST, port=port), ca=authority.pem)
        with pytest.raises(DatabaseUnavailable):
            ask()


@pytest.mark.parametrize("mode", ["", "disable", "require"])
def test_a_server_without_tls_is_refused_whatever_the_address_says(
    database: str, use: Callable[..., None], authority: Authority, mode: str
) -> None:
    """F-K7"""
    use(url=make_conninfo(database, sslmode=mode or None), ca=authority.pem)
    with pytest.raises(DatabaseUnavailable):
        ask()
