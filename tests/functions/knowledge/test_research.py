"""Research: articles, solved tickets, the requester's last ones; figures in the verdict only."""

import json
from typing import Any

import pytest

from deskhand.store import steps
from deskhand.store.connection import Connection
from functions.refresh_vectors.handler import handler as refresh
from tests import arrange
from tests.functions.conftest import event
from tests.functions.duplicates.alike import LIKE, OTHER, VPN, call, detected, solve
from tests.functions.similarity.embedding import TINY, configure
from tests.wire.models.model_server import ModelServer
from tests.wire.similarity.vectors import sent


@pytest.fixture(autouse=True)
def _article(conn: Connection) -> None:
    from functions.import_articles.handler import handler

    handler(event("import_articles"), None)


def researched(conn: Connection, **columns: object) -> tuple[dict[str, Any], dict[str, Any]]:
    """Verdict and stored result."""
    run = arrange.accepted(conn, **columns)
    return call("research", run), steps.result(conn, run[1], "research")


def test_the_article_that_helps_is_found(conn: Connection) -> None:
    """F-D6"""
    verdict, result = researched(conn, **VPN)
    assert verdict == {"articles": 1, "solved": 0, "history": 0}
    [section] = result["articles"]
    assert (section["slug"], section["section"]) == ("vpn-disconnects", 0)
    assert section["heading"] == "Check the client"
    assert section["score"] > section["cosine"] > 0.3


def test_a_model_that_has_read_the_ticket_is_not_asked_again(
    conn: Connection, tiny: ModelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F-D6: but it is about another text."""
    configure(monkeypatch, TINY)
    refresh({}, None)
    run, _ = detected(conn, **VPN)
    tiny.requests.clear()
    assert call("research", run)["articles"] == 1
    assert tiny.requests == []
    other = arrange.accepted(conn, **VPN)
    call("detect_duplicates", other)
    conn.execute("UPDATE tickets SET body = 'VPN, or not', version = 2, text_version = 2")
    tiny.requests.clear()
    call("research", other)
    assert [text for texts in sent(tiny) for text in texts] == [f"{VPN['subject']}\n\nVPN, or not"]


def test_solved_tickets_are_found_and_ordered(conn: Connection) -> None:
    """F-D6"""
    alike, same, open_, other = (detected(conn, **each)[0][0] for each in (LIKE, VPN, VPN, OTHER))
    solve(conn, alike, same, other)
    _, result = researched(conn, **VPN)
    assert [each["ticket_id"] for each in result["solved"]] == [str(same), str(alike)]
    assert str(open_) not in json.dumps(result["solved"])


def test_what_has_nothing_to_do_with_it_is_left_out(conn: Connection) -> None:
    verdict, _ = researched(conn, subject="Lunch", body="What is for lunch on Friday?")
    assert verdict["articles"] == 0


def test_history_is_of_this_requester_only(conn: Connection) -> None:
    """F-G2: the last five, newest first."""
    mine = [arrange.accepted(conn, **VPN, customer_id="c-7")[0] for _ in range(7)]
    arrange.accepted(conn, **VPN, customer_id="c-8")
    foreign = arrange.accepted(conn, **VPN, customer_id="c-7")
    conn.execute("UPDATE tickets SET caller = 'user:else' WHERE id = %s", [foreign[0]])
    verdict, result = researched(conn, **VPN, customer_id="c-7")
    assert result["history"] == [str(each) for each in reversed(mine[2:])]
    assert verdict["history"] == 5


@pytest.mark.parametrize(("caller", "known"), [("user:ann", 1), ("service:7", 0), ("anonymous", 0)])
def test_without_a_customer_the_caller_is_it_where_it_is_a_person(
    conn: Connection, caller: str, known: int
) -> None:
    """F-G2: incidents that a service posts are nobody's."""
    arrange.accepted(conn, **VPN, customer_id=None)
    run = arrange.accepted(conn, **VPN, customer_id=None)
    conn.execute("UPDATE tickets SET caller = %s", [caller])
    assert call("research", run)["history"] == known


def test_neither_verdict_nor_result_quote_a_ticket(conn: Connection) -> None:
    """F-K6"""
    solved = detected(conn, subject="VPN drops", body="VPN drops, says SECRET-CANARY")[0][0]
    solve(conn, solved)
    verdict, result = researched(conn, **VPN)
    assert verdict["solved"] == 1
    assert "SECRET-CANARY" not in json.dumps([verdict, result])
