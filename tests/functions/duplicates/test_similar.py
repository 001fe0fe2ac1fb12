"""POST /tickets/similar: what DetectDuplicates would look at, stored nowhere."""

from typing import Any

import pytest

from deskhand.settings import environment
from deskhand.store import embedding_models
from deskhand.store.connection import Connection
from tests import arrange
from tests.functions.duplicates.alike import LIKE, OTHER, VPN, detected, solve
from tests.functions.gateway import call

TABLES = ("tickets", "runs", "events", "ticket_vectors", "duplicate_suggestions")


def found(**sent: object) -> list[dict[str, Any]]:
    """The results for a text like the VPN ticket's."""
    answer = call("POST", "/tickets/similar", {**VPN, **sent})
    assert answer.status == 200, answer.body
    results: list[dict[str, Any]] = answer.body["results"]
    return results


def test_open_tickets_are_found_and_nothing_is_stored(conn: Connection) -> None:
    """F-F1"""
    vpn, other = detected(conn, **VPN)[0][0], detected(conn, **OTHER)[0][0]
    solve(conn, detected(conn, **LIKE)[0][0])
    before = [arrange.count(conn, table) for table in TABLES]
    first, second = found()
    assert (first["ticket_id"], second["ticket_id"]) == (str(vpn), str(other))
    assert first["cosine"] == pytest.approx(1, abs=1e-3)
    assert (first["subject"], first["status"]) == (VPN["subject"], "new")
    assert found(limit=1) == [first]
    assert [arrange.count(conn, table) for table in TABLES] == before


def test_what_is_too_old_is_not_found(conn: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    detected(conn, **VPN)
    monkeypatch.setenv("DUPLICATE_WINDOW_DAYS", "0")
    environment.settings.cache_clear()
    assert found() == []


@pytest.mark.parametrize(
    ("change", "pointer"),
    [({"subject": ""}, "/subject"), ({"limit": 51}, "/limit"), ({"standing": "x"}, "/standing")],
)
def test_wrong_fields_are_named(change: dict[str, object], pointer: str, conn: Connection) -> None:
    answer = call("POST", "/tickets/similar", {**VPN, **change})
    assert answer.status == 422
    assert [each["pointer"] for each in answer.body["errors"]] == [pointer]


def test_a_model_that_does_not_answer_is_told(conn: Connection) -> None:
    embedding_models.add(conn, "gone", 2)
    with conn.transaction():
        embedding_models.start_serving(conn, "gone")
    answer = call("POST", "/tickets/similar", VPN)
    assert (answer.status, answer.headers["Retry-After"]) == (503, "30")
