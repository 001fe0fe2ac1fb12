"""The outside embedding models, each against its own wire format of one server."""

from collections.abc import Callable, Iterator

import pytest

from deskhand.settings import environment
from deskhand.similarity.embedders import Embedder, embedder_of
from tests.adapters import embedders_closed_at_the_end
from tests.wire.models.model_server import ModelServer

type Connect = Callable[..., Embedder]

MODELS = {
    "openai": "openai:text-embedding-3-small@2",
    "ollama": "ollama:nomic-embed-text:v1.5@2",
    "bedrock": "bedrock:amazon.titan-embed-text-v2:0@2",
}


@pytest.fixture(autouse=True)
def _closed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    yield from embedders_closed_at_the_end(monkeypatch)


@pytest.fixture(params=MODELS)
def model(request: pytest.FixtureRequest) -> str:
    """What EMBEDDER says; the test runs once for each provider."""
    return MODELS[request.param]


@pytest.fixture
def connect(model: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Connect]:
    """Makes the model as a function does that is configured for a server."""

    def connected(server: ModelServer | str, timeout: float = 50) -> Embedder:
        url = server if isinstance(server, str) else server.url
        variables = {
            "EMBEDDER": model,
            "LLM_TIMEOUT_SECONDS": str(timeout),
            "OPENAI_BASE_URL": f"{url}/v1",
            "OPENAI_API_KEY": "sk-secret",
            "OLLAMA_BASE_URL": url,
            "BEDROCK_ENDPOINT_URL": url,
            "BEDROCK_REGION": "eu-central-1",
        }
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        environment.settings.cache_clear()
        return embedder_of(model)

    yield connected
    environment.settings.cache_clear()
