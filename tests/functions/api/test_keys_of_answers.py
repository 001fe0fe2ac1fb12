"""Idempotency keys of corrections and of fallbacks that are asked again."""

from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from deskhand.store.connection import Connection
from embedded import tokens
from tests import arrange
from tests.functions.gateway import Answer, call
from tests.functions.workflow.finished import answered
from tests.functions.workflow.recovering import everything

pytestmark = pytest.mark.usefixtures("aws")

VPN = {"category": "Network", "request_type": "VPN access"}
MONITOR = {"category": "Workplace", "request_type": "Monitor"}


@pytest.fixture
def bearer(keys: Path) -> str:
    return tokens.token(keys, "root", "admin")


def correct(bearer: str, ticket: UUID, body: Any, key: str | None) -> Answer:
    headers = {"Idempotency-Key": key} if key is not None else {}
    return call("POST", f"/tickets/{ticket}/corrections", body, bearer=bearer, headers=headers)


def ask_again(bearer: str, body: Any, key: str | None) -> Answer:
    headers = {"Idempotency-Key": key} if key is not None else {}
    return call("POST", "/admin/fallbacks/reprocess", body, bearer=bearer, headers=headers)


@pytest.mark.usefixtures("catalog")
def test_a_correction_is_made_once(conn: Connection, bearer: str) -> None:
    """F-B1 F-G3"""
    ticket, _ = arrange.accepted(conn)
    first = correct(bearer, ticket, VPN, "k-1")
    # Somebody says something else meanwhile.
    assert correct(bearer, ticket, MONITOR, None).status == 201
    before = everything(conn)
    again = correct(bearer, ticket, dict(reversed(VPN.items())), "k-1")
    assert (again.status, again.text) == (first.status, first.text) == (201, first.text)
    assert "Idempotency-Replayed" not in first.headers
    assert again.headers["Idempotency-Replayed"] == "true"
    assert everything(conn) == before
    assert arrange.count(conn, "corrections") == 2
    assert conn.execute("SELECT request_type FROM tickets").fetchone() == {
        "request_type": "Monitor"
    }


@pytest.mark.usefixtures("catalog")
def test_a_key_of_another_correction_is_refused(conn: Connection, bearer: str) -> None:
    """F-B3: of another pair, or of another ticket."""
    (ticket, _), (other, _) = arrange.accepted(conn), arrange.accepted(conn)
    assert correct(bearer, ticket, VPN, "k-1").status == 201
    before = everything(conn)
    assert correct(bearer, ticket, MONITOR, "k-1").status == 422
    assert correct(bearer, other, VPN, "k-1").status == 422
    assert everything(conn) == before


@pytest.mark.usefixtures("catalog")
def test_a_refused_correction_leaves_no_key(conn: Connection, bearer: str) -> None:
    """F-B4"""
    ticket, _ = arrange.accepted(conn)
    wrong = {"category": "Network", "request_type": "Fax"}
    assert correct(bearer, ticket, wrong, "k-1").status == 422
    assert correct(bearer, UUID(int=7), VPN, "k-1").status == 404
    assert correct(bearer, ticket, VPN, "two words").status == 400
    assert arrange.count(conn, "idempotency_keys") == 0
    assert correct(bearer, ticket, VPN, "k-1").status == 201


def test_fallbacks_are_asked_again_once(conn: Connection, bearer: str) -> None:
    """F-B1 F-E4"""
    for _ in range(3):
        answered(conn)
    first = ask_again(bearer, {"limit": 2}, "k-1")
    before = everything(conn)
    again = ask_again(bearer, {"limit": 2.0}, "k-1")
    assert (again.status, again.text) == (202, first.text)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert everything(conn) == before
    assert ask_again(bearer, {"limit": 3}, "k-1").status == 422
    assert ask_again(bearer, {"limit": 2}, "k-2").body["count"] == 1
    assert arrange.count(conn, "runs") == 6


def test_a_dry_run_is_replayed_as_one(conn: Connection, bearer: str) -> None:
    answered(conn)
    first = ask_again(bearer, {"dry_run": True}, "k-1")
    assert (first.status, first.body["count"]) == (200, 1)
    assert ask_again(bearer, {}, "k-2").status == 202
    again = ask_again(bearer, {"dry_run": True}, "k-1")
    assert (again.status, again.text) == (200, first.text)
    assert arrange.count(conn, "runs") == 2
