"""Handlers answer as the reference says: who may, with which status, and with which body."""

import importlib
import json
from collections import defaultdict
from typing import Any, get_args
from uuid import UUID

import pytest

from deskhand.api.caller import Caller
from deskhand.api.router import Api
from deskhand.reference.headers import OF_ANSWERS
from deskhand.reference.operation import JSON, Operation, Reply
from deskhand.reference.operations import OPERATIONS
from deskhand.settings.environment import Role, settings
from deskhand.store.connection import Connection
from tests import arrange
from tests.contract.routes import handled
from tests.functions.conftest import event

pytestmark = pytest.mark.usefixtures("dead")

PROTECTED = [operation for operation in OPERATIONS if not operation.public]
# Administrators last: they may delete what the others ask for.
ROLES: list[Role] = sorted(get_args(Role), reverse=True)


@pytest.fixture
def ticket(conn: Connection) -> tuple[str, int]:
    """A ticket of the caller's, and its run."""
    ticket_id, run_id = arrange.accepted(conn)
    return str(ticket_id), run_id


def ask(operation: Operation, ticket: tuple[str, int]) -> dict[str, Any]:
    word, _ = handled()[operation.method, operation.path]
    known = {"ticket_id": ticket[0], "run_id": ticket[1], "file": "page.js"}
    path = operation.path.format_map(defaultdict(lambda: str(UUID(int=7)), known))
    headers = {"Content-Type": JSON} | {n: "k-1" for n, must in operation.headers.items() if must}
    asked = event(
        word,
        httpMethod=operation.method,
        path=path,
        resource=operation.path,
        headers=headers,
        multiValueHeaders={name: [value] for name, value in headers.items()},
        queryStringParameters=None,
        multiValueQueryStringParameters=None,
        body=json.dumps(operation.example) if operation.example else None,
    )
    reply: dict[str, Any] = importlib.import_module(f"functions.{word}.handler").handler(
        asked, None
    )
    return reply


def declared(operation: Operation, status: int) -> Reply:
    replies = {str(status): reply for status, reply in operation.replies.items()}
    return (operation.errors() | replies)[str(status)]


def check(operation: Operation, reply: dict[str, Any]) -> None:
    """Fails unless status, headers and body are declared."""
    said = declared(operation, reply["statusCode"])
    for name in ("X-Request-ID", *said.headers):
        _, is_always_there, _ = OF_ANSWERS.get(name, ("", True, {}))
        assert name in reply["multiValueHeaders"] or not is_always_there
    if said.model:
        assert reply["multiValueHeaders"]["Content-Type"] == list(said.media_types)
        said.model.model_validate_json(reply["body"], strict=True)
    elif reply["statusCode"] != 200:
        assert not reply.get("body")


@pytest.mark.parametrize("operation", PROTECTED, ids=lambda each: each.name)
def test_the_named_roles_may_and_no_other(
    operation: Operation, ticket: tuple[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """F-A15 F-K2"""
    for role in ROLES:
        # By its id the caller owns the ticket, whatever the role.
        monkeypatch.setattr(Api, "caller", Caller("anonymous", role))
        reply = ask(operation, ticket)
        check(operation, reply)
        # Nobody here has an account with a password to change.
        allowed = role in operation.access.roles and operation.name != "post_password"
        assert (reply["statusCode"] == 403) is not allowed, role


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda each: each.name)
def test_without_a_token_only_what_is_public_is_answered(
    operation: Operation, ticket: tuple[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """F-A15 F-K1"""
    monkeypatch.setenv("ANONYMOUS_ROLE", "")
    settings.cache_clear()
    reply = ask(operation, ticket)
    check(operation, reply)
    # Nobody's password, and nobody's refresh token, are a 401 of their own.
    refused = not operation.public or operation.name in ("post_login", "post_refresh")
    assert (reply["statusCode"] == 401) is refused
