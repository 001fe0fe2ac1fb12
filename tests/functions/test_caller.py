"""Who is asking: access tokens, and what happens without one."""

import base64
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from deskhand import settings, token
from deskhand.store.connection import Connection
from embedded import tokens
from functions.ingest.handler import handler as ingest
from functions.tickets.handler import handler as tickets
from tests.functions.conftest import event

pytestmark = pytest.mark.usefixtures("aws")


@pytest.fixture(autouse=True)
def keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A configuration that knows one key and refuses whoever has no token."""
    monkeypatch.setenv("TOKEN_KEYS", tokens.public_keys(tmp_path))
    monkeypatch.setenv("ANONYMOUS_ROLE", "")
    _forget()
    yield tmp_path
    _forget()


def _forget() -> None:
    settings.settings.cache_clear()
    token._keys.cache_clear()


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
    body = {"subject": "No sound", "body": "The headset is silent.", "customer_id": "c-1"}
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
    settings.settings.cache_clear()
    assert get("/tickets")[0] == 200


def test_who_is_asked_before_anything_else(keys: Path) -> None:
    reply = ingest(event("ingest", body="{", headers={}, multiValueHeaders={}), None)
    assert reply["statusCode"] == 401
    assert get("/tickets/nonsense")[0] == 401


def test_a_subject_cannot_take_the_anonymous_principal_over(keys: Path) -> None:
    assert token.caller_of([f"Bearer {tokens.token(keys, 'anonymous', 'agent')}"]).id != "anonymous"


def _forged(keys: Path) -> dict[str, list[str]]:
    good = tokens.token(keys, "eve", "admin")
    head, claims, signature = good.split(".")
    public = json.loads(tokens.public_keys(keys))["keys"][0]["x"]
    stranger, private = Ed25519PrivateKey.generate(), tokens._private_key(keys)
    now = int(time.time())
    decoded = jwt.decode(good, options={"verify_signature": False})
    header = {"kid": "local", "typ": "at+jwt"}

    def part(value: object) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

    def changed(**changes: object) -> list[str]:
        made = jwt.encode({**decoded, **changes}, private, algorithm="EdDSA", headers=header)
        return [f"Bearer {made}"]

    def signed(key: Any, algorithm: str, **headers: str) -> list[str]:
        made = jwt.encode(decoded, key, algorithm=algorithm, headers={**header, **headers})
        return [f"Bearer {made}"]

    def without(claim: str) -> list[str]:
        left = {name: value for name, value in decoded.items() if name != claim}
        return [f"Bearer {jwt.encode(left, private, algorithm='EdDSA', headers=header)}"]

    return {
        "none": [f"Bearer {part({**header, 'alg': 'none'})}.{claims}."],
        "unsigned": [f"Bearer {head}.{claims}."],
        "other claims": [f"Bearer {head}.{part({**decoded, 'sub': 'root'})}.{signature}"],
        "stranger's key": signed(stranger, "EdDSA"),
        "unknown key": signed(private, "EdDSA", kid="other"),
        "public key as a secret": signed(public * 2, "HS256"),
        "no access token": signed(private, "EdDSA", typ="JWT"),
        "expired": changed(exp=now - 31),
        "not yet": changed(nbf=now + 120),
        "issued in the future": changed(iat=now + 120, exp=now + 240),
        "too long": changed(exp=now + 901),
        "audience": changed(aud="another"),
        "audience list": changed(aud=["deskhand-api", "another"]),
        "issuer": changed(iss="another"),
        "role": changed(role="root"),
        "role list": changed(role=["admin"]),
        "empty subject": changed(sub=""),
        "long subject": changed(sub="x" * 101),
        **{f"no {claim}": without(claim) for claim in decoded},
        "two headers": [f"Bearer {good}", f"Bearer {good}"],
        "basic": ["Basic dXNlcjpwYXNz"],
        "nothing": ["Bearer "],
        "rubbish": ["Bearer a.b.c"],
    }


def test_no_forged_token_is_taken(keys: Path) -> None:
    for name, authorization in _forged(keys).items():
        assert get("/tickets", *authorization)[0] == 401, name
    assert get("/tickets", f"Bearer {tokens.token(keys, 'eve', 'admin')}")[0] == 200


def test_a_token_is_refused_where_no_key_is_configured(
    monkeypatch: pytest.MonkeyPatch, keys: Path
) -> None:
    monkeypatch.setenv("TOKEN_KEYS", "")
    monkeypatch.setenv("ANONYMOUS_ROLE", "admin")
    _forget()
    assert get("/tickets", f"Bearer {tokens.token(keys, 'eve', 'admin')}")[0] == 401
    assert get("/tickets")[0] == 200
