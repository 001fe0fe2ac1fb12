"""Attribution as a whole: the machine's real definition against a helpdesk and a model."""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from deskhand.catalog.loaded import activate
from deskhand.catalog.parse import parse_catalog
from deskhand.catalog.phrases import embed_phrases
from deskhand.settings import environment
from deskhand.store import attribution
from deskhand.store.connection import Connection
from deskhand.store.outbox import AnyMessage
from deskhand.store.steps import Outcome
from deskhand.workflow.step import Work, run_step
from tests import helpdesk
from tests.helpdesk import KEY, SECRET, VPN, item, sorts
from tests.servers import Desk
from tests.statemachine.conftest import Machine, executed
from tests.wire.models.model_server import Act, ModelServer

type Model = Callable[..., ModelServer]


@run_step("build_report")
def build_report(work: Work) -> Outcome:
    return Outcome({"report_id": work.run_id})


@run_step("send_report")
def send_report(work: Work) -> Outcome:
    return Outcome({"sent": 1}, completes=True)


@pytest.fixture
def machine(database: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Machine]:
    """The machine of attribution."""
    with executed("attribution", monkeypatch) as made:
        made.handlers |= {"build_report": build_report, "send_report": send_report}
        yield made


@pytest.fixture
def plain_catalog(conn: Connection) -> None:
    """A helpdesk's catalog is in force."""
    catalog = parse_catalog(helpdesk.CATALOG)
    with conn.transaction():
        activate(conn, catalog, embed_phrases(catalog))


@pytest.fixture
def desk(plain_catalog: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    """A helpdesk with 65 requests that the functions are to read."""
    with helpdesk.helpdesk([item(number) for number in range(65)]) as desk:
        monkeypatch.setenv("HELPDESK_URL", f"{desk.url}/hook?token=query-CANARY-3")
        monkeypatch.setenv("HELPDESK_KEY", KEY)
        monkeypatch.setenv("HELPDESK_SECRET", SECRET)
        monkeypatch.setenv("PRIVATE_URLS", "true")
        environment.settings.cache_clear()
        yield desk


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch) -> Iterator[Model]:
    """Starts a model with a script, the only provider."""
    with ExitStack() as stack:

        def start(*script: Act, chain: str = "openai:any") -> ModelServer:
            server = stack.enter_context(ModelServer(*script))
            monkeypatch.setenv("LLM_PROVIDERS", chain)
            monkeypatch.setenv("OPENAI_API_KEY", "k")
            monkeypatch.setenv("OPENAI_BASE_URL", server.url)
            environment.settings.cache_clear()
            return server

        yield start


def started(conn: Connection) -> AnyMessage:
    message = attribution.start(conn, "anonymous", "req-1")
    assert message is not None
    return message


def counts(conn: Connection, message: AnyMessage) -> dict[str, Any]:
    run = attribution.run(conn, message.run_id)
    assert run is not None
    return {"status": run["status"], **run["counts"]}


def test_65_requests_are_three_questions(
    conn: Connection, machine: Machine, desk: Desk, model: Model
) -> None:
    server = model(sorts(lambda _: VPN))
    message = started(conn)
    assert machine.run(message)["status"] == "SUCCEEDED"
    assert machine.calls == [
        "fetch_requests",
        *["classify_batch"] * 3,
        "build_report",
        "send_report",
    ]
    found = counts(conn, message)
    assert (found["status"], found["classified"], found["calls"]) == ("COMPLETED", 65, 3)
    assert [len(json.loads(body)["messages"]) for body in server.bodies] == [2, 2, 2]
