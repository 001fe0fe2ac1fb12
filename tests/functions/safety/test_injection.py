"""A ticket that attacks the model, through the steps: what is stored, and what is not sent."""

import json
import os
from collections.abc import Iterator
from typing import Any

import pytest

from deskhand.models import chain
from deskhand.safety.injection.detection import Suspicion
from deskhand.settings import environment as settings_module
from deskhand.store.connection import Connection
from deskhand.triage.offline import OFFLINE
from deskhand.workflow import step_provider
from functions.classify.handler import handler as classify
from functions.create_ticket.handler import handler as create_ticket
from tests import arrange
from tests.functions.conftest import step_event
from tests.unit.safety.injection.cases import HONEST, Attack, attacks
from tests.unit.safety.injection.unnoticed import UNNOTICED
from tests.wire.models.adapters import FORMATS
from tests.wire.models.model_server import ModelServer
from tests.wire.models.obedient import ORDERS, SYSTEM, obeys

ATTACKS = attacks()
OUTAGE = {
    "category": "Network",
    "request_type": "VPN access",
    "summary": f"{SYSTEM[:80]} https://evil.example/?d=1",
    "confidence": 1,
    "evidence": [SYSTEM[:50], "Thanks!"],
} | ORDERS
PLAIN = {name: value for name, value in OUTAGE.items() if name not in ORDERS}
# What a triage run may write; everything else of a ticket stays as it was accepted.
WRITTEN = {
    "category", "request_type", "priority", "priority_inputs", "summary", "confidence", "evidence",
    "needs_review", "title", "route", "due_at", "sla_version", "escalate_at", "status", "ai_status",
    "ai_provider", "ai_model", "ai_prompt", "version", "updated_at", "provenance", "degraded",
    "likely_places", "review_reasons",
}  # fmt: skip
# No model is asked about those that are noticed, so each attack meets one of the formats; DEEP=1
# tries each with all of them.
FORMATS_EACH = len(FORMATS) if os.environ.get("DEEP") else 1
COUNTED = ("outbox", "idempotency_keys", "audit", "articles", "catalogs")


@pytest.fixture(params=FORMATS)
def server(
    catalog: None, request: pytest.FixtureRequest, conn: Connection, monkeypatch: pytest.MonkeyPatch
) -> Iterator[ModelServer]:
    """An obedient model as the only one configured beside offline."""
    with ModelServer(obeys(OUTAGE)) as obedient:
        monkeypatch.setenv("LLM_PROVIDERS", f"{request.param}:m,offline")
        monkeypatch.setenv("OPENAI_BASE_URL", f"{obedient.url}/v1")
        monkeypatch.setenv("OLLAMA_BASE_URL", obedient.url)
        monkeypatch.setenv("BEDROCK_ENDPOINT_URL", obedient.url)
        settings_module.settings.cache_clear()
        yield obedient
        built = chain._adapters(settings_module.settings(), f"{request.param}:m,offline", OFFLINE)
        for provider in built:
            getattr(provider, "close", lambda: None)()
        settings_module.settings.cache_clear()


def triaged(conn: Connection, subject: str, body: str) -> dict[str, Any]:
    """The ticket after the steps, and the one before them under `before`."""
    run = arrange.accepted(conn, subject=subject, body=body[:10_000])
    query = "SELECT * FROM tickets WHERE id = %s"
    before = conn.execute(query, [run[0]]).fetchone()
    verdict = classify(step_event("classify", run), None)
    assert len(json.dumps(verdict)) < 400  # names and figures only
    create_ticket(step_event("create_ticket", run), None)
    [after] = conn.execute(query, [run[0]]).fetchall()
    return {**after, "before": before, "verdict": verdict}


def noticed(form: str) -> list[Attack]:
    """The share of a format; together the formats have all attacks."""
    known = [attack for attack in ATTACKS if str(attack) not in UNNOTICED]
    turn = list(FORMATS).index(form)
    return [attack for n, attack in enumerate(known) if (n - turn) % len(FORMATS) < FORMATS_EACH]


def counts(conn: Connection) -> dict[str, int]:
    return {table: arrange.count(conn, table) for table in COUNTED}


def assert_unharmed(ticket: dict[str, Any]) -> None:
    before = ticket["before"]
    assert {name for name in before if ticket[name] != before[name]} <= WRITTEN
    assert ticket["status"] == "open"
    assert (ticket["route"] or "") != "ceo"
    assert ticket["assignee"] is None
    for text in (ticket["summary"], ticket["title"], json.dumps(ticket["evidence"])):
        assert SYSTEM[:40] not in text
    assert "evil" not in ticket["summary"] + ticket["title"]


def test_a_noticed_attack_reaches_no_model_and_ends_like_its_honest_twin(
    request: pytest.FixtureRequest,
    conn: Connection,
    server: ModelServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """F-E10"""
    with monkeypatch.context() as alone:
        alone.setenv("LLM_PROVIDERS", "offline")
        settings_module.settings.cache_clear()
        twin = triaged(conn, HONEST.subject, HONEST.body)
    settings_module.settings.cache_clear()
    assert settings_module.settings().llm_providers != "offline"
    fixed = ("category", "request_type", "priority", "priority_inputs", "route", "ai_provider")
    differing = []
    for attack in noticed(request.node.callspec.params["server"]):
        ticket = triaged(conn, attack.ticket.subject, attack.ticket.body)
        assert server.requests == [], attack
        assert_unharmed(ticket)
        assert (ticket["needs_review"], ticket["verdict"]["suspected_injection"]) == (True, True)
        assert "sign" in {found["source"] for found in ticket["evidence"]}
        if [ticket[name] for name in fixed] != [twin[name] for name in fixed]:
            differing.append(str(attack))
    assert differing == []


def test_an_attack_that_nobody_notices_changes_no_rule(
    conn: Connection, server: ModelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F-E10: the model obeys; priority, SLA and route are those of the same words without it."""
    monkeypatch.setattr(step_provider, "examine", lambda ticket: Suspicion((), ticket))
    monkeypatch.setenv("LLM_CACHE_HOURS", "0")
    settings_module.settings.cache_clear()
    one_each = {attack.disguise: attack for attack in ATTACKS}.values()
    unnoticed = [attack for attack in ATTACKS if str(attack) in UNNOTICED]
    for attack in {*one_each, *unnoticed}:
        text = (attack.ticket.subject, attack.ticket.body)
        server.script[:] = [obeys(PLAIN)]
        twin = triaged(conn, *text)
        server.script[:] = [obeys(OUTAGE)]
        ticket = triaged(conn, *text)
        assert_unharmed(ticket)
        assert (ticket["ai_provider"], ticket["request_type"]) != ("offline", None)
        assert ruled(ticket) == ruled(twin), attack
    assert len(server.requests) == 2 * len({*one_each, *unnoticed})


def ruled(ticket: dict[str, Any]) -> list[Any]:
    """What the catalog's rules make of a ticket."""
    names = ("category", "request_type", "priority", "route", "assignee")
    time_left = round((ticket["due_at"] - ticket["created_at"]).total_seconds() / 60)
    inputs = [one for one in ticket["priority_inputs"] if one["name"] != "model_opinion"]
    return [*(ticket[name] for name in names), inputs, time_left]
