"""The adapters, each against its own wire format of the same server."""

from collections.abc import Callable, Iterator
from typing import Any, Literal

import pytest
from pydantic import BaseModel

from deskhand.catalog import Catalog, CatalogPhrases
from deskhand.providers.base import ClassifyMaterial, Prompt, TicketText
from deskhand.providers.ollama import Ollama
from deskhand.providers.openai import OpenAI

type Adapter = OpenAI | Ollama
type Connect = Callable[..., Adapter]


class Colour(BaseModel):
    """What the tests ask for."""

    colour: Literal["red", "blue"]
    sure: float


@pytest.fixture
def prompt() -> Prompt:
    catalog = Catalog.parse({"service_catalog": {"catalog": {"categories": ["Hardware"]}}})
    material = ClassifyMaterial(TicketText("s", "b"), catalog, CatalogPhrases((), b""))
    return Prompt("colour", "v1", "You name colours.", "Which colour has the sky?", material)


@pytest.fixture(params=["openai", "ollama"])
def connect(request: pytest.FixtureRequest) -> Iterator[Connect]:
    """Makes an adapter for a URL; the test runs once for each adapter."""
    made: list[Adapter] = []

    def connected(url: str, *, timeout: float = 5.0) -> Adapter:
        common: dict[str, Any] = {"temperature": 0.0, "timeout": timeout}
        adapter: Adapter = (
            OpenAI("m", base_url=f"{url}/v1", api_key="sk-secret", **common)
            if request.param == "openai"
            else Ollama("m", base_url=url, **common)
        )
        made.append(adapter)
        return adapter

    yield connected
    for adapter in made:
        adapter.close()
