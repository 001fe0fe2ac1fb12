"""Accounts, roles and keys of a deployed stack."""

import json
import uuid
from typing import Any

import httpx
import jwt
import pytest
from rich.console import Console

from deskhand.api.access import SCOPES
from embedded import tokens
from tests.e2e.conftest import INSTANCE, Stack, configure
from tests.e2e.people import administrator, login
from tests.forgeries import bearer, forgeries
from tests.matrix import ROLES, Callers, Headers, walk

# The functions that are asked by a token while its key is replaced.
VERIFYING = ("auth", "tickets")
PASSWORD = "correct horse battery staple"
# One of each kind: the whole list is tried in process, where it takes seconds.
ATTACKS = (
    "expired", "a stranger's key", "alg none, unsigned", "key confusion: HS256 with the PEM",
    "wrong audience 'another'", "wrong issuer 'another'", "other claims under the same signature",
    "typ 'JWT'", "living too long", "two headers", "another scheme", "other characters",
    "a deep header", "a key that the token brings along: jwk", "a service token that nobody has",
)  # fmt: skip


@pytest.mark.usefixtures("closed")
def test_everybody_gets_what_the_table_says(
    stack: Stack, capsys: pytest.CaptureFixture[str]
) -> None:
    """F-A8 F-K1 F-K2 F-K3: over HTTP, each function on its own."""
    root = administrator(stack, f"matrix-{uuid.uuid4()}@example.com", PASSWORD)
    known = forgeries(INSTANCE.state)

    def machine(scope: str) -> Headers:
        body = {"name": "matrix", "scopes": [scope]}
        made = stack.api.post("/auth/tokens", json=body, headers=root.headers)
        return bearer(made.json()["token"])

    def send(
        method: str, path: str, authorization: Headers, body: Any, headers: dict[str, str]
    ) -> int:
        sent = [(b"Authorization", value.encode()) for value in authorization]
        more = [(name.encode(), value.encode()) for name, value in headers.items()]
        return stack.api.request(method, path, headers=sent + more, json=body).status_code

    def made_by(owner: Headers) -> tuple[str, int]:
        headers = {"Authorization": owner[0], "Idempotency-Key": str(uuid.uuid4())}
        incident = {"description": f"Matrix {uuid.uuid4()}"}
        made = stack.api.post("/incidents", json=incident, headers=headers).json()
        return made["ticketId"], made["workflowRunId"]

    callers = Callers(
        roles={role: bearer(tokens.token(INSTANCE.state, f"m-{role}", role)) for role in ROLES},
        scoped={scope: machine(scope) for scope in SCOPES},
        refused={"no token": [], **{name: known[name] for name in ATTACKS}},
        other=bearer(tokens.token(INSTANCE.state, "m-other", "customer")),
    )
    outcome = walk(callers, send, made_by)
    with capsys.disabled():
        Console(width=100).print("", outcome.table())
    assert outcome.wrong == []


def test_a_login_lasts_by_refreshing_until_the_logout(stack: Stack) -> None:
    """F-K1"""
    person = administrator(stack, f"kim-{uuid.uuid4()}@example.com", PASSWORD)
    me = stack.api.get("/auth/me", headers=person.headers).json()
    assert (me["email"], me["role"]) == (person.email, "admin")
    sent = {"refresh_token": person.tokens["refresh_token"]}
    answer = stack.api.post("/auth/refresh", json=sent)
    assert answer.headers["Cache-Control"] == "no-store"
    # A second tab of the same browser gets the same token, a thief ends the session of both.
    newest = {"refresh_token": answer.json()["refresh_token"]}
    assert stack.api.post("/auth/refresh", json=sent).json()["refresh_token"] in newest.values()
    thief = {"User-Agent": "another"}
    assert stack.api.post("/auth/refresh", json=sent, headers=thief).status_code == 401
    assert stack.api.post("/auth/refresh", json=newest).status_code == 401
    again = {"refresh_token": login(stack, person.email, PASSWORD).json()["refresh_token"]}
    assert stack.api.post("/auth/logout", json=again).status_code == 204
    assert stack.api.post("/auth/refresh", json=again).status_code == 401


def test_a_new_key_takes_over_without_a_gap(stack: Stack) -> None:
    """F-K1: rotated, deployed, and the tokens of before still taken."""
    person = administrator(stack, f"rotate-{uuid.uuid4()}@example.com", PASSWORD)
    old = stack.api.get("/.well-known/jwks.json").json()["keys"]
    answer = stack.invoke("RotateKeysFunction", {})
    was = configure(stack, "TOKEN_KEYS", answer["TokenKeys"], *VERIFYING)
    try:
        keys = stack.api.get("/.well-known/jwks.json").json()["keys"]
        assert keys[1:] == old and keys[0]["kid"] != old[0]["kid"]
        new = login(stack, person.email, PASSWORD).json()["access_token"]
        assert jwt.get_unverified_header(new)["kid"] == keys[0]["kid"]
        for token in (new, person.tokens["access_token"]):
            headers = {"Authorization": f"Bearer {token}"}
            assert stack.api.get("/tickets", headers=headers).status_code == 200
    finally:
        configure(stack, "TOKEN_KEYS", was, *VERIFYING)
    assert json.loads(was)["keys"] == old


def test_a_caller_who_floods_is_slowed_down_and_nobody_else(stack: Stack) -> None:
    """F-K4"""
    was = configure(stack, "REQUESTS_PER_MINUTE", "60", "tickets")
    try:
        flood = {"Authorization": f"Bearer {stack.token('agent')}"}
        answers = [stack.api.get("/tickets", headers=flood) for _ in range(40)]
        refused = [each for each in answers if each.status_code == 429]
        assert refused and int(refused[0].headers["Retry-After"]) >= 1
        assert refused[0].headers["RateLimit-Policy"] == '"pace";q=10;w=10'
        calm = {"Authorization": f"Bearer {stack.token('admin')}"}
        assert stack.api.get("/tickets", headers=calm).status_code == 200
    finally:
        configure(stack, "REQUESTS_PER_MINUTE", was, "tickets")


@pytest.mark.parametrize("method", ["TRACE", "CONNECT", "TRACK"])
def test_other_methods_give_nothing_back(stack: Stack, method: str) -> None:
    """F-K8"""
    answer = stack.api.request(method, "/tickets", headers={"X-Secret": "canary"})
    assert answer.status_code >= 400 and "canary" not in answer.text


def test_what_api_gateway_answers_itself_has_the_safe_headers(stack: Stack) -> None:
    """F-K8"""
    _safe(stack.api.get("/nowhere"))
    _safe(stack.api.get("/tickets/nonsense"))


def _safe(answer: httpx.Response) -> None:
    assert answer.headers["Strict-Transport-Security"].startswith("max-age=31536000")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-store"
