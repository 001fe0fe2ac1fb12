"""The machine of attribution, with a helpdesk, a model, a bucket and a mail server."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from deskhand.reports import bucket
from deskhand.settings import environment
from deskhand.store.connection import Connection
from deskhand.store.invariants.check import INVARIANTS, offenders
from tests import helpdesk
from tests.bucket import Bucket, bucket_server
from tests.environment import new_environment
from tests.helpdesk import item
from tests.mail_server import Mailbox, mail_server
from tests.servers import Desk
from tests.statemachine.conftest import Machine, executed
from tests.wire.models.model_server import Act, ModelServer

type Model = Callable[..., ModelServer]


def broken_invariants(conn: Connection) -> list[str]:
    """The names of the invariants that are broken."""
    return [i.name for i in INVARIANTS if not i.at_rest and offenders(conn, i).count]


@pytest.fixture
def box(monkeypatch: pytest.MonkeyPatch) -> Iterator[Mailbox]:
    """A mail server that the functions use, and one recipient."""
    with mail_server() as served:
        for name, value in {
            "SMTP_HOST": "127.0.0.1",
            "SMTP_PORT": str(served.port),
            "SMTP_SECURITY": "none",
            "MAIL_FROM": "Deskhand <desk@example.com>",
            "REPORT_RECIPIENTS": "lead@example.com",
            "API_URL": "https://desk.example/v1/",
        }.items():
            monkeypatch.setenv(name, value)
        yield served


@pytest.fixture
def reports(monkeypatch: pytest.MonkeyPatch) -> Iterator[Bucket]:
    """The bucket of reports."""
    with bucket_server() as served:
        monkeypatch.setenv("REPORTS_BUCKET", "reports")
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", served.url)
        bucket.s3.cache_clear()
        yield served
    bucket.s3.cache_clear()


@pytest.fixture
def machine(
    database: str, box: Mailbox, reports: Bucket, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Machine]:
    """The machine of attribution."""
    with executed("attribution", monkeypatch) as made:
        new_environment()
        yield made
    new_environment()


@pytest.fixture
def desk(conn: Connection, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    """A helpdesk with 65 requests that the functions are to read."""
    helpdesk.in_force(conn)
    with helpdesk.helpdesk([item(number) for number in range(65)]) as desk:
        helpdesk.asks(monkeypatch, desk)
        yield desk


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch) -> Iterator[Model]:
    """Starts a model with a script, the only provider."""
    with ExitStack() as stack:

        def start(*script: Act, cache_hours: int = 0) -> ModelServer:
            server = stack.enter_context(ModelServer(*script))
            monkeypatch.setenv("LLM_PROVIDERS", "openai:any")
            # Answers are not reused unless a test says so: a second question is a second call.
            monkeypatch.setenv("LLM_CACHE_HOURS", str(cache_hours))
            monkeypatch.setenv("OPENAI_API_KEY", "k")
            monkeypatch.setenv("OPENAI_BASE_URL", server.url)
            environment.settings.cache_clear()
            return server

        yield start
