"""Vectors follow edited texts, and a new embedding model takes over when it has read everything."""

from collections.abc import Sized
from functools import partial

import pytest

from deskhand.store import embedding_models
from deskhand.store.connection import Connection
from functions.refresh_vectors.handler import handler
from tests import arrange, journeys
from tests.functions.conftest import event
from tests.functions.duplicates.alike import OTHER, VPN, call, detected
from tests.functions.similarity.embedding import MINI, TINY, configure, models, searching
from tests.patience import wait_until
from tests.wire.models.model_server import ModelServer


def vectors(conn: Connection) -> list[tuple[str, int]]:
    rows = conn.execute("SELECT model, text_version FROM ticket_vectors ORDER BY model, ticket_id")
    return [(row["model"], row["text_version"]) for row in rows]


def test_nothing_is_read_twice(conn: Connection) -> None:
    """F-F4"""
    detected(conn, **VPN)
    assert handler(event("refresh_vectors"), None) == {
        "model": MINI, "serving": MINI, "read_now": 0, "tickets": 1, "read": 1
    }  # fmt: skip


def test_an_edited_text_is_read_anew(conn: Connection) -> None:
    """F-F4"""
    detected(conn, **VPN)
    conn.execute("UPDATE tickets SET body = 'other', version = 2, text_version = 2")
    before = conn.execute("SELECT embedding::text AS e FROM ticket_vectors").fetchone()
    assert handler({}, None)["read_now"] == 1
    assert vectors(conn) == [(MINI, 2)]
    assert conn.execute("SELECT embedding::text AS e FROM ticket_vectors").fetchone() != before


def test_what_triage_did_without_is_read_later(conn: Connection) -> None:
    """F-F4: a ticket that triage is about to read is left to it."""
    first, second = arrange.accepted(conn, **VPN), arrange.accepted(conn, **VPN)
    journeys.fail(conn, first[1])
    assert handler({}, None)["read_now"] == 1
    [row] = conn.execute("SELECT ticket_id FROM ticket_vectors")
    assert row["ticket_id"] == first[0] != second[0]


def test_the_old_model_serves_until_the_new_one_has_read_everything(
    conn: Connection, tiny: ModelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F-F4"""
    from functions.import_articles.handler import handler as import_articles

    import_articles(event("import_articles"), None)
    for text in (VPN, OTHER):
        run, _ = detected(conn, **text)
        journeys.fail(conn, run[1])
    configure(monkeypatch, TINY)
    report = handler({"seconds": 0}, None)
    assert (report["serving"], report["read"], report["tickets"]) == (MINI, 0, 2)
    assert detected(conn, **VPN)[1]["duplicate"] is True
    for run_id in conn.execute("SELECT id FROM runs WHERE status <> 'FAILED'").fetchall():
        journeys.fail(conn, run_id["id"])
    report = handler({}, None)
    assert (report["serving"], report["read_now"], report["read"]) == (TINY, 4, 3)
    assert {model for model, _ in vectors(conn)} == {TINY}
    assert models(conn) == [TINY]
    assert arrange.count(conn, "section_vectors") == 1
    run, verdict = detected(conn, subject="Any VPN", body=VPN["body"])
    assert verdict["duplicate"] is True
    assert call("detect_duplicates", run) == verdict


def test_a_model_that_cannot_be_asked_any_more_is_no_error(conn: Connection) -> None:
    embedding_models.add(conn, "gone", 2)
    with conn.transaction():
        embedding_models.start_serving(conn, "gone")
    report = handler({}, None)
    assert report["serving"] == MINI, "there is nothing to read: the configured one takes over"


def test_searches_work_at_every_moment_of_a_change_and_back(
    conn: Connection, database: str, tiny: ModelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F-F4: two hundred tickets, there and back, with somebody who searches all the time."""
    from functions.import_articles.handler import handler as import_articles

    import_articles(event("import_articles"), None)
    for number in range(200):
        about = {**(VPN if number % 2 else OTHER), "subject": f"{number} VPN {number}"}
        journeys.fail(conn, arrange.accepted(conn, **about)[1])
    assert handler({}, None)["read"] == 200
    probe = arrange.accepted(conn, **VPN)
    with searching(database, probe) as searches:
        for embedder, other in ((TINY, MINI), ("embedded", TINY)):
            configure(monkeypatch, embedder)
            before = len(searches)
            assert handler({"seconds": 0}, None)["serving"] == other
            report = handler({}, None)
            assert report["serving"] == report["model"] != other
            assert report["read"] >= 200
            assert models(conn) == [report["model"]]
            wait_until(partial(_has, searches, before + 10), "ten searches")
    assert len(searches) > 20
    assert all(searches), "something was always found"
    assert {model for model, _ in vectors(conn)} == {MINI}


def _has(searches: Sized, number: int) -> bool:
    return len(searches) >= number
