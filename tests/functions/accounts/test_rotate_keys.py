"""Keys that sign access tokens: made, renewed with an overlap, and given up."""

import json
from pathlib import Path
from typing import Any

import boto3
import jwt
import pytest

from deskhand.settings.environment import settings
from deskhand.store.connection import Connection
from embedded import tokens
from functions.rotate_keys.handler import handler
from tests.environment import new_environment
from tests.functions.accounts.people import login, person
from tests.functions.conftest import event
from tests.functions.gateway import call

pytestmark = pytest.mark.usefixtures("keys")


def stored() -> list[dict[str, Any]]:
    """The keys in the secret."""
    client = boto3.client("secretsmanager")
    value = client.get_secret_value(SecretId=settings().signing_keys_secret_arn)["SecretString"]
    keys: list[dict[str, Any]] = json.loads(value)["keys"]
    return keys


def deploy(monkeypatch: pytest.MonkeyPatch, answer: dict[str, Any]) -> None:
    """New execution environments that know what the function has answered."""
    monkeypatch.setenv("TOKEN_KEYS", answer["TokenKeys"])
    new_environment()


def kids(answer: dict[str, Any]) -> list[str]:
    return [key["kid"] for key in json.loads(answer["TokenKeys"])["keys"]]


def signed_with() -> tuple[str, str]:
    """The key of a new token, and the token."""
    access = login().body["access_token"]
    return jwt.get_unverified_header(access)["kid"], access


def status(access: str) -> int:
    return call("GET", "/tickets", bearer=access).status


def test_a_new_key_signs_once_it_is_deployed_and_the_old_one_stays_good(
    conn: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F-K1"""
    person(conn)
    first, old = signed_with()
    answer = handler(event("rotate_keys"), None)
    new_environment()
    # In the secret only: nobody could verify its tokens yet.
    assert signed_with()[0] == first
    deploy(monkeypatch, answer)
    second, new = signed_with()
    assert kids(answer) == [second, first]
    assert status(old) == status(new) == 200
    deploy(monkeypatch, handler({}, None))
    third, _ = signed_with()
    assert (status(old), status(new)) == (401, 200)
    assert [key["kid"] for key in stored()] == [third, second]


def test_no_private_part_is_answered(conn: Connection) -> None:
    """F-K6"""
    answer = handler({}, None)
    secrets = [key["d"] for key in stored()]
    assert len(secrets) == 2
    assert not any(secret in json.dumps(answer) for secret in secrets)


def test_a_key_that_is_not_deployed_yet_is_not_passed_over(conn: Connection) -> None:
    """However often it is called, the key that signs stays in the secret."""
    assert handler({}, None) == handler({}, None) == handler({}, None)
    assert stored()[1]["kid"] == "local"


def test_a_key_that_has_become_known_is_given_up(
    conn: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F-K1"""
    person(conn)
    _, old = signed_with()
    deploy(monkeypatch, handler({}, None))
    _, new = signed_with()
    deploy(monkeypatch, handler({"retire": True}, None))
    assert (status(old), status(new)) == (401, 200)


def test_a_new_installation_makes_its_first_key(
    conn: Connection, keys: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F-K6"""
    empty = boto3.client("secretsmanager").create_secret(Name="empty")["ARN"]
    monkeypatch.setenv("SIGNING_KEYS_SECRET_ARN", empty)
    monkeypatch.setenv("TOKEN_KEYS", "")
    new_environment()
    person(conn)
    assert login().status == 503
    answer = handler({}, None)
    deploy(monkeypatch, answer)
    assert [signed_with()[0]] == kids(answer)
    assert status(tokens.token(keys, "eve", "admin")) == 401
