"""Who is asking: access tokens, and what happens without one."""

import json
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Any

import pytest

from deskhand.api import bearer
from deskhand.settings import environment
from deskhand.store.connection import Connection
from embedded import tokens
from functions.ingest.handler import handler as ingest
from functions.tickets.handler import handler as tickets
from tests.environment import new_environment
from tests.forgeries import forgeries
from tests.functions.conftest import event

pytestmark = pytest.mark.usefixtures("keys")


def get(path: str, *authorization: str) -> tuple[int, dict[str, Any]]:
    headers = {"Authorization": list(authorization)} if authorization else {}
    asked = event("tickets", path=path, queryStringParameters=None, multiValueHeaders=headers)
    reply = tickets({**asked, "multiValueQueryStringParameters": None}, None)
    if reply["statusCode"] == 401:
        assert reply["multiValueHeaders"]["WWW-Authenticate"] == ['Bearer realm="deskhand"']
    return int(reply["statusCode"]), json.loads(reply["body"])


def post(bearer: str) -> str:
    """The id of a ticket that the token's principal has sent."""
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {bearer}"}
    body = {"subject": "No sound", "body": "The headset is silent."}
    multi = {name: [value] for name, value in headers.items()}
    reply = ingest(
        event("ingest", body=json.dumps(body), headers=headers, multiValueHeaders=multi), None
    )
    assert reply["statusCode"] == 202
    return str(json.loads(reply["body"])["ticket_id"])


def test_a_customer_reads_only_their_own_tickets(conn: Connection, keys: Path) -> None:
    """F-A8"""
    alice, bob = (tokens.token(keys, name, "customer") for name in ("alice", "bob"))
    mine, theirs = post(alice), post(bob)
    assert get(f"/tickets/{mine}", f"Bearer {alice}")[0] == 200
    for path in (f"/tickets/{theirs}", f"/tickets/{theirs}/events"):
        assert get(path, f"Bearer {alice}")[0] == 404
    [run] = conn.execute("SELECT id FROM runs WHERE ticket_id = %s", [theirs]).fetchall()
    assert get(f"/runs/{run['id']}", f"Bearer {alice}")[0] == 404
    _, page = get("/tickets", f"Bearer {alice}")
    assert [ticket["id"] for ticket in page["tickets"]] == [mine]
    _, page = get("/tickets", f"Bearer {tokens.token(keys, 'carol', 'agent')}")
    assert {ticket["id"] for ticket in page["tickets"]} == {mine, theirs}


def test_without_a_token_the_anonymous_role_decides(
    monkeypatch: pytest.MonkeyPatch, keys: Path
) -> None:
    assert get("/tickets")[0] == 401
    monkeypatch.setenv("ANONYMOUS_ROLE", "customer")
    environment.settings.cache_clear()
    assert get("/tickets")[0] == 200


def test_who_is_asked_before_anything_else(keys: Path) -> None:
    reply = ingest(event("ingest", body="{", headers={}, multiValueHeaders={}), None)
    assert reply["statusCode"] == 401
    assert get("/tickets/nonsense")[0] == 401


def test_a_subject_cannot_take_the_anonymous_principal_over(keys: Path) -> None:
    assert (
        bearer.caller_of([f"Bearer {tokens.token(keys, 'anonymous', 'agent')}"]).id != "anonymous"
    )


def test_no_forged_token_is_taken(keys: Path) -> None:
    """F-K1"""
    attacks = forgeries(keys)
    assert len(attacks) > 100
    answered = {name: get("/tickets", *sent)[0] for name, sent in attacks.items()}
    assert {name: status for name, status in answered.items() if status != 401} == {}
    assert get("/tickets", f"Bearer {tokens.token(keys, 'eve', 'admin')}")[0] == 200


def test_a_clock_may_be_half_a_minute_off(keys: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1_800_000_000

    class Stopped(datetime):
        """The time by which tokens are checked."""

        @classmethod
        def now(cls, tz: tzinfo | None = None) -> "Stopped":
            return cls.fromtimestamp(now, tz)

    monkeypatch.setattr("jwt.api_jwt.datetime", Stopped)
    claims = {
        "iss": "deskhand", "aud": "deskhand-api", "sub": "eve", "role": "admin", "jti": "1",
    }  # fmt: skip
    for iat, exp, status in (
        (now - 300, now - 29, 200), (now - 300, now - 31, 401), (now + 29, now + 60, 200),
        (now + 31, now + 120, 401),
    ):  # fmt: skip
        bearer = tokens.sign(keys, {**claims, "iat": iat, "exp": exp})
        assert get("/tickets", f"Bearer {bearer}")[0] == status, (iat - now, exp - now)


def test_a_token_is_refused_where_no_key_is_configured(
    monkeypatch: pytest.MonkeyPatch, keys: Path
) -> None:
    monkeypatch.setenv("TOKEN_KEYS", "")
    monkeypatch.setenv("ANONYMOUS_ROLE", "admin")
    new_environment()
    assert get("/tickets", f"Bearer {tokens.token(keys, 'eve', 'admin')}")[0] == 401
    assert get("/tickets")[0] == 200
