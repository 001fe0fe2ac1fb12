"""The deployed stack with an outside model: it answers, fails, is left alone, and gets its chance
again; a real HTTP server stands in the model's place."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, NamedTuple

import pytest

from tests.e2e.conftest import OFTEN, Stack, eventually
from tests.patience import HUNG_SECONDS
from tests.wire.models.faults import answers
from tests.wire.models.model_server import Handler, ModelServer, says

MODEL = "a-model"
CALLS = 4  # as many as one ticket's tries
ANSWER = {
    "category": "Network",
    "request_type": "VPN access",
    "summary": "The VPN disconnects.",
    "confidence": 0.9,
    "evidence": ["VPN disconnects"],
}
GOOD, DOWN = says(json.dumps(ANSWER)), answers(500, {"error": "boom"})


class Outside(NamedTuple):
    """A stack whose first provider is that server."""

    stack: Stack
    server: ModelServer

    def triaged(self, subject: str, body: str = "Since this morning.") -> dict[str, Any]:
        """The ticket, once its run has ended well."""
        ticket = self.stack.ended(self.stack.post(subject, body).json()["ticket_id"])
        assert ticket["workflow_status"] == "COMPLETED"
        return ticket

    def calls(self, ticket: dict[str, Any]) -> list[dict[str, Any]]:
        """What was written down about the models that Classify asked in the ticket's last run."""
        return self.stack.sql(
            "SELECT provider, model, outcome, fallback, cached, requests, input_tokens,"
            " output_tokens, cost_usd::float8 AS cost_usd, prompt_version, latency_ms"
            " FROM model_calls WHERE run_id = %s AND step = 'classify' ORDER BY id",
            ticket["workflow_run_id"],
        )


@pytest.fixture(scope="module")
def outside(stack: Stack) -> Iterator[Outside]:
    """Classify with a chain of the server and `offline`, and no duplicates, until the tests are
    over."""
    client, names = stack.aws("lambda"), stack.target["functions"]
    eventually(partial(at_rest, stack))

    @contextmanager
    def configured(function: str, **variables: str) -> Iterator[None]:
        name = names[function]
        usual = client.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
        configure(name, usual | variables)
        yield
        configure(name, usual)

    def configure(name: str, variables: dict[str, str]) -> None:
        client.update_function_configuration(
            FunctionName=name, Environment={"Variables": variables}
        )
        client.get_waiter("function_updated_v2").wait(FunctionName=name, WaiterConfig=OFTEN)

    with ModelServer(GOOD) as server:
        chain = {
            "LLM_PROVIDERS": f"openai:{MODEL},offline",
            "OPENAI_BASE_URL": f"{server.url}/v1",
            "LLM_PRICES": f"{MODEL}=100/1000",
            "LLM_BREAKER_CALLS": str(CALLS),
            "LLM_BREAKER_OPEN_SECONDS": "3600",
        }
        with (
            configured("DetectDuplicatesFunction", DUPLICATE_WINDOW_DAYS="0"),
            configured("ClassifyFunction", **chain),
        ):
            yield Outside(stack, server)


def at_rest(stack: Stack) -> bool:
    """Whether no run is open: those that other tests have left would ask the server as well."""
    stack.invoke("RelayFunction", {"due_now": True})
    return not stack.sql("SELECT FROM runs WHERE status IN ('PENDING', 'IN_PROGRESS')")


def test_it_answers_is_written_down_and_sees_no_personal_data(outside: Outside) -> None:
    """F-E1 F-E8 F-E11"""
    ticket = outside.triaged("VPN disconnects at noon", "Write to maria.schmidt@example.com")
    assert (ticket["ai_status"], ticket["ai_provider"], ticket["ai_model"]) == (
        "COMPLETED", "openai", MODEL
    )  # fmt: skip
    assert (ticket["category"], ticket["request_type"]) == ("Network", "VPN access")
    [call] = outside.calls(ticket)
    assert call["prompt_version"] == ticket["ai_prompt"]
    assert {name: call[name] for name in ("outcome", "fallback", "cached", "requests")} == {
        "outcome": "ok", "fallback": False, "cached": False, "requests": 1
    }  # fmt: skip
    assert (call["input_tokens"], call["output_tokens"]) == (11, 7)
    assert call["cost_usd"] == pytest.approx(0.0081)
    assert b"maria.schmidt" not in b"".join(outside.server.bodies)
    again = outside.triaged("VPN disconnects at noon", "Write to\n bob@example.com")
    assert outside.calls(again)[0]["cached"]
    assert len(outside.server.requests) == 1


def test_who_posts_does_not_wait_for_it(outside: Outside) -> None:
    """F-A1: while one ticket's model sleeps, the next one is accepted at once."""
    stack, server = outside
    asked, awake = len(server.requests), threading.Event()

    def late(handler: Handler) -> None:
        awake.wait(HUNG_SECONDS)
        GOOD(handler)

    server.script[:] = [late]
    asleep = stack.post("VPN disconnects while it sleeps").json()["ticket_id"]
    eventually(lambda: len(server.requests) > asked)
    reply = stack.post("VPN disconnects and nobody waits")
    assert reply.status_code == 202
    assert stack.api.get(f"/tickets/{asleep}").json()["workflow_status"] == "IN_PROGRESS"
    awake.set()
    server.script[:] = [GOOD]
    for ticket in (asleep, reply.json()["ticket_id"]):
        assert stack.ended(ticket)["workflow_status"] == "COMPLETED"


def test_it_fails_is_left_alone_and_asked_again(outside: Outside) -> None:
    """F-E4 F-E5"""
    stack, server = outside
    server.script[:] = [DOWN]
    stack.sql("UPDATE model_gates SET calls = 0, failures = 0 RETURNING model")
    asked = len(server.requests)
    retried = outside.triaged("VPN disconnects after lunch")
    assert (retried["ai_status"], retried["ai_provider"]) == ("FALLBACK", "offline")
    assert len(server.requests) == asked + CALLS
    assert [(call["outcome"], call["fallback"]) for call in outside.calls(retried)] == [
        *[("ModelUnavailable", False)] * CALLS, ("ok", True)
    ]  # fmt: skip

    at_once = outside.triaged("VPN disconnects in the evening")
    assert (at_once["ai_status"], at_once["ai_provider"]) == ("FALLBACK", "offline")
    assert len(server.requests) == asked + CALLS  # the breaker was open

    server.script[:] = [GOOD]
    stack.sql("UPDATE model_gates SET opened_at = opened_at - interval '2 hours' RETURNING model")
    # One by one: the first is the probe, and a second would not wait for it.
    for ticket in (retried, at_once):
        reply = stack.api.post("/admin/fallbacks/reprocess", json={"limit": 1})
        assert reply.status_code == 202
        [run] = reply.json()["reprocessed"]
        assert run["ticket_id"] == ticket["id"]
        stack.invoke("RelayFunction", {"due_now": True})
        better = eventually(partial(ended, stack, run))
        assert (better["ai_status"], better["ai_provider"]) == ("COMPLETED", "openai")
    assert len(server.requests) == asked + CALLS + 2
    nothing = stack.api.post("/admin/fallbacks/reprocess").json()
    assert (nothing["count"], nothing["remaining"]) == (0, 0)


def ended(stack: Stack, run: dict[str, Any]) -> dict[str, Any] | None:
    """The ticket, once that run of it has ended."""
    ticket: dict[str, Any] = stack.api.get(f"/tickets/{run['ticket_id']}").json()
    over = ticket["workflow_status"] in ("COMPLETED", "FAILED")
    return ticket if over and ticket["workflow_run_id"] == run["workflow_run_id"] else None


def test_a_wrong_setting_is_named_in_the_runs_reason(outside: Outside) -> None:
    """F-E9"""
    stack = outside.stack
    client, name = stack.aws("lambda"), stack.target["functions"]["ClassifyFunction"]
    used = client.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
    wrong = {"Variables": used | {"LLM_TEMPERATURE": "3"}}
    client.update_function_configuration(FunctionName=name, Environment=wrong)
    client.get_waiter("function_updated_v2").wait(FunctionName=name, WaiterConfig=OFTEN)
    ticket = stack.ended(stack.post("Printer paper jam").json()["ticket_id"])
    assert ticket["workflow_status"] == "FAILED"
    run = stack.api.get(f"/runs/{ticket['workflow_run_id']}").json()
    assert "LLM_TEMPERATURE" in json.dumps(run)
