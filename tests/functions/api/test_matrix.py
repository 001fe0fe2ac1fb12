"""Who gets what: every route of the OpenAPI document with every kind of caller, in this process."""

import json
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from deskhand.api import opaque_tokens
from deskhand.api.access import ROUTES, SCOPES
from deskhand.store import service_tokens
from deskhand.store.connection import Connection
from deskhand.store.service_tokens import Machine
from deskhand.uuid7 import uuid7
from embedded import tokens
from tests.forgeries import bearer, forgeries
from tests.functions.gateway import call
from tests.matrix import ROLES, Callers, Headers, routes, walk

pytestmark = pytest.mark.usefixtures("keys", "dead")


def machine(conn: Connection, scope: str) -> Headers:
    """A service token that is good for one scope."""
    token = opaque_tokens.new(opaque_tokens.SERVICE)
    service_tokens.create(conn, Machine(uuid7(), [scope]), "m", token.hash, None, "test")
    return bearer(token.text)


def made_by(owner: Headers) -> tuple[str, int]:
    incident, key = {"description": f"Mine {uuid7()}"}, {"Idempotency-Key": str(uuid7())}
    answer = call("POST", "/incidents", incident, authorization=owner, headers=key)
    assert answer.status == 202
    return answer.body["ticketId"], answer.body["workflowRunId"]


def send(method: str, path: str, authorization: Headers, body: Any, headers: dict[str, str]) -> int:
    return call(method, path, body, authorization=authorization, headers=headers).status


def test_everybody_gets_what_the_table_says(
    conn: Connection, keys: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """F-A8 F-K1 F-K2 F-K3: and nobody anything else, whatever they send."""
    callers = Callers(
        roles={role: bearer(tokens.token(keys, f"{role}-1", role)) for role in ROLES},
        scoped={scope: machine(conn, scope) for scope in SCOPES},
        refused={"no token": [], **forgeries(keys)},
        other=bearer(tokens.token(keys, "customer-2", "customer")),
    )
    outcome = walk(callers, send, made_by)
    with capsys.disabled():
        Console(width=100).print("", outcome.table())
    assert outcome.wrong == []
    assert outcome.tried > len(ROUTES) * 100


def test_the_table_is_the_document() -> None:
    """F-A15"""
    assert {(method, path) for method, path, _ in routes()} == set(ROUTES)


def test_a_service_is_let_in_nowhere_without_a_scope() -> None:
    for route, access in ROUTES.items():
        if "service" in access.roles:
            assert access.scope or route == ("GET", "/auth/me")


@pytest.mark.undocumented
def test_what_is_not_in_the_table_is_not_there(monkeypatch: pytest.MonkeyPatch, keys: Path) -> None:
    """F-K2: a route that somebody forgot to decide about is closed."""
    less = {route: access for route, access in ROUTES.items() if route != ("GET", "/tickets")}
    monkeypatch.setattr("deskhand.api.router.ROUTES", less)
    answer = call("GET", "/tickets", bearer=tokens.token(keys, "root", "admin"))
    assert (answer.status, json.dumps(answer.body).count("no such route")) == (404, 1)
