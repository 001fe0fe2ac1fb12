"""The adapters, each against its own wire format of one server; whole chains beside a database."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from deskhand.catalog.model import CatalogPhrases
from deskhand.catalog.parse import parse_catalog
from deskhand.models.base import Completion, Prompt
from deskhand.models.chain import provider_for
from deskhand.settings.environment import Settings
from deskhand.store.calls import Calls
from deskhand.store.connection import Connection
from deskhand.ticket import TicketText
from deskhand.triage.offline import OFFLINE
from deskhand.triage.prompt import ClassifyMaterial
from tests.adapters import closed_at_the_end
from tests.patience import HUNG_SECONDS
from tests.wire.models.adapters import FORMATS, Adapter, Colour, Connect, adapter
from tests.wire.models.faults import answers
from tests.wire.models.model_server import Act, ModelServer, says

BLUE = says('{"colour": "blue", "sure": 0.9}')
NONSENSE = says("blue")
DOWN = answers(500, {})
FORBIDDEN = answers(401, {})


@pytest.fixture
def prompt() -> Prompt:
    catalog = parse_catalog({"service_catalog": {"catalog": {"categories": ["Hardware"]}}})
    material = ClassifyMaterial(TicketText("s", "b"), catalog, CatalogPhrases((), b""))
    return Prompt("colour", "v1", "You name colours.", "Which colour has the sky?", material)


@pytest.fixture(params=FORMATS)
def connect(request: pytest.FixtureRequest) -> Iterator[Connect]:
    """Makes an adapter for a URL; the test runs once for each adapter."""
    made: list[Adapter] = []

    def connected(url: str, *, timeout: float = HUNG_SECONDS, **options: Any) -> Adapter:
        made.append(adapter(request.param, url, timeout=timeout, **options))
        return made[-1]

    yield connected
    for each in made:
        each.close()


class Chain:
    """A server for each provider, and what the settings say; asks as a step would."""

    def __init__(self, conn: Connection, prompt: Prompt, **given: Any) -> None:
        self.conn = conn
        self.prompt = prompt
        self.first, self.second = ModelServer(BLUE), ModelServer(BLUE)
        self.given: dict[str, Any] = {"llm_providers": "ollama:m", **given}

    def settings(self, environment: int = 0) -> Settings:
        """Those of one execution environment: another number has adapters of its own."""
        return Settings.read(
            {
                "OLLAMA_BASE_URL": self.first.url,
                "OPENAI_BASE_URL": f"{self.second.url}/v1",
                "MAX_OPEN_RUNS": str(1 + environment),
                **{name.upper(): str(value) for name, value in self.given.items()},
            }
        )

    def act(self, act: Act) -> None:
        """The first server does that from now on."""
        self.first.script[:] = [act]

    def ask(
        self,
        user: str | None = None,
        *,
        last: bool = False,
        conn: Connection | None = None,
        environment: int = 0,
        run_id: int | None = None,
    ) -> Completion[Colour]:
        """What a step's body gets; another `user` text is another question."""
        prompt = replace(self.prompt, user=user or self.prompt.user)
        calls = Calls(conn or self.conn, run_id, "classify")
        provider = provider_for(
            self.settings(environment), last_attempt=last, offline=OFFLINE, calls=calls
        )
        return provider.complete(prompt, Colour)

    @property
    def asked(self) -> tuple[int, int]:
        """How often each server was asked."""
        return len(self.first.requests), len(self.second.requests)

    def rows(self, table: str) -> list[dict[str, Any]]:
        return self.conn.execute(f"SELECT * FROM {table}".encode()).fetchall()  # noqa: S608 - names of our own


@pytest.fixture(autouse=True)
def _closed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    yield from closed_at_the_end(monkeypatch)


@pytest.fixture
def chain(conn: Connection, prompt: Prompt) -> Iterator[Chain]:
    """A chain of one model that says blue, until the test changes `given` or `act`."""
    made = Chain(conn, prompt)
    with made.first, made.second:
        yield made
