"""Whatever a model's server does to a step, in any wire format: a named error within the step's
time and nothing stored, and on the last try a valid result from the next provider."""

import json
from collections.abc import Iterator

import pytest

from deskhand import errors
from deskhand.catalog.loaded import in_force
from deskhand.errors import ModelOutputInvalid, ModelRateLimited, ModelRefused, ModelUnavailable
from deskhand.models import chain
from deskhand.settings.environment import settings
from deskhand.store.connection import Connection
from deskhand.triage.offline import OFFLINE
from deskhand.workflow.step import MAX_RETRIES
from functions.classify.handler import handler
from tests import arrange
from tests.functions.conftest import step_event
from tests.wire.models.adapters import FORMATS
from tests.wire.models.faults import (
    answers,
    breaks_off,
    busy,
    drips,
    hangs,
    refuses,
    resets,
    sends,
)
from tests.wire.models.model_server import Act, ModelServer, says

VPN = {"subject": "VPN disconnects", "body": "Remote access fails every few minutes."}
GOOD = {
    "category": "Network",
    "request_type": "VPN access",
    "summary": "The VPN disconnects.",
    "confidence": 0.9,
    "evidence": ["VPN disconnects"],
}
TEXT = json.dumps(GOOD)
# For a model that never answers, and for one that does.
SOON, PATIENT = 0.2, 50

ENDLESS: dict[str, tuple[Act, type[Exception]]] = {
    "slow drip": (drips(TEXT), ModelUnavailable),
    "slow headers": (drips(TEXT, headers_too=True), ModelUnavailable),
    "hang": (hangs(), ModelUnavailable),
}
FAULTS: dict[str, tuple[Act, type[Exception]]] = {
    **ENDLESS,
    "429": (busy("7"), ModelRateLimited),
    "500": (answers(500, {"error": "boom"}), ModelUnavailable),
    "reset": (resets(), ModelUnavailable),
    "broken off": (breaks_off(TEXT), ModelUnavailable),
    "malformed body": (sends(b'{"choices": [}'), ModelUnavailable),
    "empty body": (sends(b""), ModelUnavailable),
    "empty answer": (says(""), ModelOutputInvalid),
    "malformed answer": (says("{category: Network}"), ModelOutputInvalid),
    "truncated": (says(TEXT[:-8]), ModelOutputInvalid),
    "cut off": (says(TEXT, finish="length"), ModelOutputInvalid),
    "list": (says(f"[{TEXT}]"), ModelOutputInvalid),
    "wrong enum": (says(json.dumps(GOOD | {"category": "Emergency"})), ModelOutputInvalid),
    "pair of two categories": (
        says(json.dumps(GOOD | {"category": "Workplace"})),
        ModelOutputInvalid,
    ),
    "doubled member": (says('{"category": "Account", ' + TEXT[1:]), ModelOutputInvalid),
    "confidence of 9": (says(json.dumps(GOOD | {"confidence": 9})), ModelOutputInvalid),
    "NaN": (says(TEXT.replace("0.9", "NaN")), ModelOutputInvalid),
    "10 MB": (says("x" * 10_000_000), ModelOutputInvalid),
    "refusal": (refuses(), ModelRefused),
}


@pytest.fixture(params=FORMATS)
def server(
    catalog: None, request: pytest.FixtureRequest, conn: Connection, monkeypatch: pytest.MonkeyPatch
) -> Iterator[ModelServer]:
    """A model as the only provider; it speaks the format of the path that it is asked at."""
    with ModelServer(says(TEXT)) as made:
        monkeypatch.setenv("OPENAI_BASE_URL", f"{made.url}/v1")
        monkeypatch.setenv("OLLAMA_BASE_URL", made.url)
        monkeypatch.setenv("BEDROCK_ENDPOINT_URL", made.url)
        configured(monkeypatch, f"{request.param}:m", PATIENT)
        yield made


def configured(monkeypatch: pytest.MonkeyPatch, providers: str, seconds: float) -> None:
    monkeypatch.setenv("LLM_PROVIDERS", providers)
    monkeypatch.setenv("LLM_TIMEOUT_SECONDS", str(seconds))
    settings.cache_clear()
    # Built as at a cold start, which is no part of the model's time.
    chain._adapters(settings(), settings().llm_providers, OFFLINE)


@pytest.mark.parametrize(("act", "error"), FAULTS.values(), ids=FAULTS.keys())
def test_a_fault_is_a_named_error_in_time_and_then_the_next_providers_turn(
    conn: Connection,
    server: ModelServer,
    monkeypatch: pytest.MonkeyPatch,
    act: Act,
    error: type[Exception],
) -> None:
    """F-E3 F-E4 F-D12"""
    server.script[:] = [act]
    seconds = SOON if (act, error) in ENDLESS.values() else PATIENT
    configured(monkeypatch, settings().llm_providers, seconds)
    if error is ModelRefused and settings().llm_providers.startswith("ollama"):
        error = ModelOutputInvalid  # Ollama has no word for a refusal
    run = arrange.accepted(conn, **VPN)
    with pytest.raises(error) as raised:
        handler(step_event("classify", run), None)
    assert getattr(errors, type(raised.value).__name__) is error
    assert arrange.count(conn, "step_outcomes") == 0
    assert untouched(conn)

    configured(monkeypatch, f"{settings().llm_providers},offline", seconds)
    verdict = handler(step_event("classify", run, retry_count=MAX_RETRIES), None)
    assert verdict["ai_status"] == "FALLBACK"
    assert in_force(conn).catalog.find(verdict["category"], verdict["request_type"])
    assert arrange.count(conn, "step_outcomes") == 1


@pytest.mark.parametrize("text", [f"```json\n{TEXT}\n```", f"Sure: {TEXT} Anything else?"])
def test_a_wrapped_answer_is_stored(conn: Connection, server: ModelServer, text: str) -> None:
    """F-E3"""
    server.script[:] = [says(text)]
    verdict = handler(step_event("classify", arrange.accepted(conn, **VPN)), None)
    assert (verdict["request_type"], verdict["ai_status"]) == ("VPN access", "COMPLETED")
    row = conn.execute("SELECT category, ai_provider FROM tickets").fetchone()
    assert row == {"category": "Network", "ai_provider": settings().llm_providers.split(":")[0]}


@pytest.mark.parametrize("server", ["openai"], indirect=True)
def test_models_that_all_hang_share_the_steps_time(
    conn: Connection, server: ModelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F-D12: with a time limit for each that three of them would exceed."""
    server.script[:] = [hangs()]
    monkeypatch.setattr(chain, "CHAIN_SECONDS", 1.5)
    configured(monkeypatch, "openai:m,ollama:m,bedrock:m", 20)
    run = arrange.accepted(conn, **VPN)
    with pytest.raises(ModelUnavailable):
        handler(step_event("classify", run, retry_count=MAX_RETRIES), None)
    assert len(server.requests) == 3


def untouched(conn: Connection) -> bool:
    """True while the ticket is as it was accepted."""
    row = conn.execute("SELECT category, summary, ai_status FROM tickets").fetchone()
    return row == {"category": None, "summary": None, "ai_status": "PENDING"}
