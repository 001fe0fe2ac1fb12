"""A queue and a state machine that answer in process, for handlers called as Lambda calls them."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from moto import mock_aws

from deskhand.api.router import Api
from deskhand.intake import queue
from deskhand.settings import environment
from deskhand.store.connection import Connection
from embedded import tokens
from tests import account, arrange, journeys
from tests.adapters import embedders_closed_at_the_end
from tests.environment import new_environment
from tests.functions.api.documented import differences
from tests.wire.models.model_server import ModelServer
from tests.wire.similarity.vectors import gives

EVENTS = Path("events")
BUCKET = "the-reports"


@pytest.fixture(autouse=True)
def answers_as_documented(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """Fails the test in which an answer's status, media type or body is not documented.

    Tests that provoke what cannot happen are marked `undocumented`.
    """
    resolve = Api.resolve
    wrong: list[str] = []

    def compared(api: Api, event: Any, context: Any) -> dict[str, Any]:
        reply = resolve(api, event, context)
        wrong.extend(differences(event["httpMethod"], event["path"], reply))
        return reply

    monkeypatch.setattr(Api, "resolve", compared)
    yield
    assert not wrong or request.node.get_closest_marker("undocumented"), "\n".join(wrong)


@pytest.fixture
def aws(database: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An empty account with the tickets queue and a state machine whose executions stay open."""
    with mock_aws():
        monkeypatch.setenv("QUEUE_URL", account.queue("tickets"))
        monkeypatch.setenv("STATE_MACHINE_ARN", account.state_machine("triage"))
        monkeypatch.setenv("ATTRIBUTION_STATE_MACHINE_ARN", account.state_machine("attribution"))
        new_environment()
        yield
        new_environment()


@pytest.fixture
def keys(aws: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where `tokens` has the keys that sign: in their secret, deployed; no token, no answer."""
    monkeypatch.setenv("SIGNING_KEYS_SECRET_ARN", account.secret("keys", tokens.secret(tmp_path)))
    monkeypatch.setenv("TOKEN_KEYS", tokens.public_keys(tmp_path))
    monkeypatch.setenv("ANONYMOUS_ROLE", "")
    new_environment()
    yield tmp_path
    new_environment()


@pytest.fixture
def tiny(database: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModelServer]:
    """A server of the model TINY, whose numbers say whether a text is about a VPN, or not."""
    with ModelServer(gives()) as server:
        monkeypatch.setenv("OPENAI_BASE_URL", f"{server.url}/v1")
        environment.settings.cache_clear()
        yield from (server for _ in embedders_closed_at_the_end(monkeypatch))


@pytest.fixture
def dead(aws: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The URL of an empty dead-letter queue."""
    url = account.queue("dead")
    monkeypatch.setenv("DEAD_LETTER_QUEUE_URL", url)
    environment.settings.cache_clear()
    yield url
    environment.settings.cache_clear()


@pytest.fixture
def messages(aws: None) -> Any:
    """A function that takes all messages off the queue."""

    def receive() -> list[dict[str, Any]]:
        reply = queue.sqs().receive_message(
            QueueUrl=environment.settings().queue_url, MaxNumberOfMessages=10
        )
        return [json.loads(message["Body"]) for message in reply.get("Messages", [])]

    return receive


@pytest.fixture
def ticket(catalog: None, conn: Connection) -> UUID:
    """A new ticket at version 1; a catalog is in force."""
    return arrange.accepted(conn)[0]


@pytest.fixture
def triaged(catalog: None, conn: Connection) -> UUID:
    """A ticket that triage has opened at version 3, as [Network, VPN access], high."""
    ticket_id, run_id = arrange.accepted(conn)
    journeys.finish(conn, run_id)
    return ticket_id


def event(name: str, **changes: Any) -> dict[str, Any]:
    """The example event of a function, with some members changed."""
    loaded: dict[str, Any] = json.loads((EVENTS / f"{name}.json").read_text())
    return {**loaded, **changes}


def step_event(name: str, run: tuple[UUID, int], **changes: Any) -> dict[str, Any]:
    """The example event of a step, for a run that the test has arranged."""
    ticket_id, run_id = run
    return event(name, ticket_id=str(ticket_id), run_id=run_id, **changes)


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A function that sets environment variables for the next call."""

    def tell(**variables: object) -> None:
        for name, value in variables.items():
            monkeypatch.setenv(name, str(value))
        environment.settings.cache_clear()

    yield tell
    environment.settings.cache_clear()


@pytest.fixture
def bucket(aws: None, told: Any) -> str:
    """The name of an empty bucket for reports."""
    told(REPORTS_BUCKET=account.bucket(BUCKET))
    return BUCKET
