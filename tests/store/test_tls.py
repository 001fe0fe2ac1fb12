"""A database whose address is in a secret: it must prove who it is; its password may change."""

import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import boto3
import pytest
from moto import mock_aws
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from deskhand.errors import DatabaseUnavailable
from deskhand.store.connection import close, connection, open_connection
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


def rds_form(served: str) -> dict[str, str]:
    """The members of a secret that RDS, or a rotation function of AWS, makes."""
    given = conninfo_to_dict(served)
    return {"username": str(given["user"]), "password": str(given["password"])}


def test_the_form_that_rotation_functions_write(
    served: str, use: Callable[..., None], authority: Authority
) -> None:
    """F-K6"""
    given = conninfo_to_dict(served)
    place = {"host": HOST, "port": str(given["port"]), "dbname": str(given["dbname"])}
    use(engine="postgres", ca=authority.pem, **place, **rds_form(served))
    assert ask()


def test_the_form_that_rds_keeps_for_its_own_databases(
    served: str, use: Callable[..., None], authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F-K6: user and password only; the stack says where, and who vouches for it."""
    given = conninfo_to_dict(served)
    monkeypatch.setenv("DATABASE_HOST", f"{HOST}:{given['port']}")
    monkeypatch.setenv("DATABASE_NAME", str(given["dbname"]))
    use(**rds_form(served))
    with pytest.raises(DatabaseUnavailable):
        ask()
    made = boto3.client("secretsmanager").create_secret(
        Name="certificates", SecretString=authority.pem
    )
    monkeypatch.setenv("DATABASE_CERTIFICATES_ARN", made["ARN"])
    new_environment()
    assert ask()


def test_a_proxy_stands_before_the_server_that_a_secret_names(
    served: str, use: Callable[..., None], authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = conninfo_to_dict(served)["port"]
    monkeypatch.setenv("DATABASE_HOST", f"{HOST}:{port}")
    use(url=make_conninfo(served, host="elsewhere.invalid", port=1), ca=authority.pem)
    assert ask()


@pytest.mark.parametrize(
    "wrong", [{}, {"username": "deskhand"}, {"host": HOST, "password": "x"}, {"other": "x"}]
)
def test_a_secret_that_names_no_database(use: Callable[..., None], wrong: dict[str, str]) -> None:
    use(**wrong)
    with pytest.raises(DatabaseUnavailable, match="neither a url, nor"):
        ask()


def test_a_password_changes_while_requests_run(
    served: str, use: Callable[..., None], authority: Authority, database: str
) -> None:
    """F-K6: each request ends well, at the latest when it is sent again, without a deployment.

    Between the change in the database and the one in the secret nobody knows the password.
    """
    use(url=make_conninfo(served, user="rotated", password="password-0"), ca=authority.pem)
    arn = boto3.client("secretsmanager").list_secrets()["SecretList"][0]["ARN"]
    # The superuser of a test's server has the same password. It stays out of the test's database,
    # which is dropped by a role that may end no session of a superuser.
    with open_connection(make_conninfo(database, user="postgres", dbname="postgres")) as owner:
        owner.execute("DROP ROLE IF EXISTS rotated")
        owner.execute("CREATE ROLE rotated LOGIN PASSWORD 'password-0'")
        wanted, goal = threading.Semaphore(0), 12

        def rotate() -> None:
            for number in range(1, goal + 1):
                wanted.acquire()
                owner.execute(f"ALTER ROLE rotated PASSWORD 'password-{number}'".encode())
                new = make_conninfo(served, user="rotated", password=f"password-{number}")
                boto3.client("secretsmanager").put_secret_value(
                    SecretId=arn, SecretString=json.dumps({"url": new, "ca": authority.pem})
                )

        rotation = threading.Thread(target=rotate)
        rotation.start()
        for _ in range(3 * goal):
            wanted.release()
            assert eventually_answered()
        rotation.join()
        assert ask()
        close()
        # Its sessions end a moment later, and nobody but the superuser may end them.
        while owner.execute("SELECT FROM pg_stat_activity WHERE usename = 'rotated'").rowcount:
            owner.execute("SELECT pg_sleep(0.02)")
        owner.execute("DROP ROLE rotated")


def eventually_answered() -> bool:
    for _ in range(1000):
        try:
            with connection(keep=False) as own:
                return own.execute("SELECT").rowcount == 1
        except DatabaseUnavailable:
            continue
    return False
