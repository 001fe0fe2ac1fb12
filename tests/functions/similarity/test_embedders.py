"""Embedding models that change at the wrong moment, fail, lack a setting, or are gone."""

import json
import subprocess
import sys
from typing import Any

import pytest

from deskhand.duplicates import detect
from deskhand.errors import ModelUnavailable
from deskhand.logs import log
from deskhand.settings.environment import SettingInvalid
from deskhand.similarity import tickets
from deskhand.store import embedding_models
from deskhand.store.connection import Connection
from functions.knowledge.handler import handler as knowledge
from functions.refresh_vectors.handler import handler
from tests import arrange, journeys
from tests.functions.conftest import event
from tests.functions.duplicates.alike import VPN, call, detected
from tests.functions.knowledge.articles import VPN as ARTICLE
from tests.functions.knowledge.articles import put, search
from tests.functions.similarity.embedding import MINI, TINY, configure, models
from tests.wire.models.faults import answers, busy
from tests.wire.models.model_server import Handler, ModelServer
from tests.wire.similarity.vectors import gives, sent


@pytest.fixture
def serving(conn: Connection, tiny: ModelServer, monkeypatch: pytest.MonkeyPatch) -> ModelServer:
    """TINY serves, knows an article and an open ticket about a VPN, and has not been asked yet."""
    configure(monkeypatch, TINY)
    assert handler({}, None)["serving"] == TINY
    assert put("vpn", ARTICLE)[0] == 201
    run, _ = detected(conn, **VPN)
    journeys.fail(conn, run[1])
    tiny.requests.clear()
    return tiny


@pytest.fixture
def overtaken(serving: ModelServer, monkeypatch: pytest.MonkeyPatch) -> ModelServer:
    """While TINY thinks of its next answer, the built-in model takes over."""

    def overtake(answering: Handler) -> None:
        configure(monkeypatch, "embedded")
        assert handler({}, None)["serving"] == MINI
        gives()(answering)

    serving.script.insert(0, overtake)
    return serving


@pytest.fixture
def logged(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What is warned of."""
    seen: list[dict[str, Any]] = []
    monkeypatch.setattr(log, "warning", lambda _, extra: seen.append(extra))
    return seen


def test_a_search_that_is_overtaken_is_done_again(conn: Connection, overtaken: ModelServer) -> None:
    """F-F4"""
    assert search("the tunnel drops")[0]["heading"] == "Symptoms"
    assert (models(conn), len(overtaken.requests)) == ([MINI], 1)


def test_a_ticket_that_is_overtaken_is_read_again(conn: Connection, overtaken: ModelServer) -> None:
    """F-F4"""
    run, verdict = detected(conn, **VPN)
    assert verdict["duplicate"] is True
    rows = conn.execute("SELECT model FROM ticket_vectors WHERE ticket_id = %s", [run[0]])
    assert [row["model"] for row in rows] == [MINI]


def test_a_ticket_that_was_read_just_before_the_change_is_compared_all_the_same(
    conn: Connection, serving: ModelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F-F4"""
    usual = tickets.similar_tickets

    def overtaken(*given: Any) -> Any:
        monkeypatch.setattr(detect, "similar_tickets", usual)
        configure(monkeypatch, "embedded")
        handler({}, None)
        return usual(*given)

    monkeypatch.setattr(detect, "similar_tickets", overtaken)
    assert detected(conn, **VPN)[1]["duplicate"] is True


def test_research_that_is_overtaken_is_done_again(conn: Connection, overtaken: ModelServer) -> None:
    """F-F4"""
    run = arrange.accepted(conn, **VPN)
    assert call("research", run)["articles"] > 0
    assert models(conn) == [MINI]


def test_an_article_that_is_overtaken_is_read_by_the_next_refresh(
    conn: Connection, overtaken: ModelServer
) -> None:
    """F-G1"""
    assert put("tunnel", ARTICLE)[0] == 201
    assert handler({}, None)["read_now"] == 3
    assert {each["slug"] for each in search("the tunnel drops")} == {"vpn", "tunnel"}


def test_a_model_without_its_key_is_named_and_the_one_before_goes_on(
    conn: Connection, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F-F4 F-E9"""
    detected(conn, **VPN)
    conn.execute("UPDATE tickets SET body = 'other', version = 2, text_version = 2")
    configure(monkeypatch, "openai:text-embedding-3-small@512")
    with pytest.raises(SettingInvalid, match="OPENAI_API_KEY is not set"):
        handler({}, None)
    assert [row["text_version"] for row in conn.execute("SELECT * FROM ticket_vectors")] == [2]
    assert detected(conn, **VPN)[1]["cosine"] is not None


def test_a_model_before_that_lost_its_key_is_named_and_the_new_one_takes_over(
    conn: Connection,
    serving: ModelServer,
    monkeypatch: pytest.MonkeyPatch,
    logged: list[dict[str, Any]],
) -> None:
    """F-F4"""
    embedding_models.add(conn, "openai:lost@2", 2)
    with conn.transaction():
        assert embedding_models.start_serving(conn, "openai:lost@2")
    configure(monkeypatch, "embedded", openai_base_url="https://api.openai.com/v1")
    run = arrange.accepted(conn, **VPN)
    with pytest.raises(ModelUnavailable, match=r"lost@2 cannot .* OPENAI_API_KEY is not set"):
        call("detect_duplicates", run)
    status, answer = searched_in_vain()
    assert (status, answer["detail"][:35]) == (503, "the embedding model does not answer")
    logged.clear()
    assert handler({}, None)["serving"] == MINI
    assert [(each["model"], "OPENAI_API_KEY" in each["reason"]) for each in logged] == [
        ("openai:lost@2", True)
    ]
    assert models(conn) == [MINI]
    assert call("detect_duplicates", run)["duplicate"] is True


def searched_in_vain() -> tuple[int, Any]:
    asked = event("knowledge", httpMethod="GET", path="/kb/search")
    asked["queryStringParameters"] = {"q": "x"}
    asked["multiValueQueryStringParameters"] = {"q": ["x"]}
    answer = knowledge(asked, None)
    return answer["statusCode"], {**json.loads(answer["body"]), **answer["multiValueHeaders"]}


def test_a_new_model_that_fails_changes_nothing_and_is_tried_again(
    conn: Connection,
    tiny: ModelServer,
    monkeypatch: pytest.MonkeyPatch,
    logged: list[dict[str, Any]],
) -> None:
    """F-F4: what people edit meanwhile is read by the old one all the same."""
    run, _ = detected(conn, **VPN)
    journeys.fail(conn, run[1])
    conn.execute("UPDATE tickets SET body = 'other', version = 2, text_version = 2")
    configure(monkeypatch, TINY)
    tiny.script[:] = [answers(500, {})]
    report = handler({}, None)
    assert (report["serving"], report["read_now"], report["read"]) == (MINI, 1, 0)
    assert [(each["model"], each["error"]) for each in logged] == [(TINY, "ModelUnavailable")]
    assert len(tiny.requests) == 1, "it is left alone until the next minute"
    tiny.script[:] = [gives()]
    assert handler({}, None)["serving"] == TINY


def test_what_one_batch_read_is_kept_when_the_next_one_fails(
    conn: Connection, tiny: ModelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F-F4"""
    for number in range(70):
        journeys.fail(conn, arrange.accepted(conn, subject=f"VPN {number}")[1])
    configure(monkeypatch, TINY)
    tiny.script[:] = [gives(), busy("7")]
    report = handler({}, None)
    assert (report["serving"], report["read"], report["tickets"]) == (MINI, 64, 70)
    tiny.script[:] = [gives()]
    assert handler({}, None)["serving"] == TINY
    assert [len(texts) for texts in sent(tiny)] == [64, 6, 6]


def test_a_change_that_is_taken_back_leaves_nothing(
    conn: Connection, tiny: ModelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F-F4"""
    run, _ = detected(conn, **VPN)
    journeys.fail(conn, run[1])
    configure(monkeypatch, TINY)
    handler({"seconds": 0}, None)
    assert models(conn) == [MINI, TINY]
    configure(monkeypatch, "embedded")
    assert handler({}, None)["serving"] == MINI
    assert models(conn) == [MINI]


def test_other_dimensions_are_another_model(
    conn: Connection, serving: ModelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F-F4"""
    serving.script[:] = [gives(lambda _: [1, 2, 3])]
    configure(monkeypatch, "openai:tiny@3")
    assert handler({}, None)["serving"] == "openai:tiny@3"
    assert {len(json.loads(text)) for text in stored(conn)} == {3}


def stored(conn: Connection) -> list[str]:
    rows = conn.execute("SELECT embedding::text AS e FROM ticket_vectors").fetchall()
    return [row["e"] for row in rows]


def test_a_bulk_import_leaves_reading_to_the_refresh(
    conn: Connection, serving: ModelServer
) -> None:
    """F-G1: a thousand articles could outlast the function that stores them."""
    from functions.import_articles.handler import handler as import_articles

    assert import_articles(event("import_articles"), None) == {"imported": 1}
    assert serving.requests == []
    assert handler({}, None)["read_now"] == 1
    assert "vpn-disconnects" in {each["slug"] for each in search("VPN")}


def test_a_model_that_is_busy_says_when_to_come_back(
    conn: Connection, serving: ModelServer, logged: list[dict[str, Any]]
) -> None:
    """F-E6"""
    serving.script[:] = [busy("7")]
    status, answer = searched_in_vain()
    assert (status, answer["Retry-After"]) == (503, ["7"])
    assert logged == [{"reason": "openai answered 429"}]
    serving.script[:] = [answers(401, {})]
    assert searched_in_vain()[1]["Retry-After"] == ["30"]
    assert put("new", ARTICLE)[0] == 503
    assert arrange.count(conn, "articles") == 1


@pytest.mark.parametrize("word", ["detect_duplicates", "research", "knowledge", "refresh_vectors"])
def test_clients_are_imported_only_when_they_are_asked(word: str) -> None:
    """A cold start of the default reads no client of a model."""
    code = f"import sys, functions.{word}.handler; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True,
        env={"PYTHONPATH": "layers/deskhand:."},
    )  # fmt: skip
    modules = set(done.stdout.split())
    assert not modules & {"openai", "httpx2", "boto3", "deskhand.models.wrappers.masking"}
    assert "deskhand.similarity.embedders" in modules
