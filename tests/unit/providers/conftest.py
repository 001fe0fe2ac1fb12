"""The adapters, each against its own wire format of the same server."""

from collections.abc import Callable, Iterator
from typing import Any, Literal

import pytest
from pydantic import BaseModel

from deskhand.catalog import Catalog, CatalogPhrases
from deskhand.providers.base import ClassifyMaterial, Prompt, TicketText
from deskhand.providers.bedrock import Bedrock
from deskhand.providers.ollama import Ollama
from deskhand.providers.openai import OpenAI

type Adapter = OpenAI | Ollama | Bedrock
type Connect = Callable[..., Adapter]

FORMATS = ("openai", "ollama", "bedrock")


class Colour(BaseModel):
    """What the tests ask for."""

    colour: Literal["red", "blue"]
    sure: float


@pytest.fixture
def prompt() -> Prompt:
    catalog = Catalog.parse({"service_catalog": {"catalog": {"categories": ["Hardware"]}}})
    material = ClassifyMaterial(TicketText("s", "b"), catalog, CatalogPhrases((), b""))
    return Prompt("colour", "v1", "You name colours.", "Which colour has the sky?", material)


@pytest.fixture(params=FORMATS)
def connect(request: pytest.FixtureRequest) -> Iterator[Connect]:
    """Makes an adapter for a URL; the test runs once for each adapter."""
    made: list[Adapter] = []

    def connected(url: str, *, timeout: float = 5.0, **options: Any) -> Adapter:
        made.append(adapter(request.param, url, timeout=timeout, **options))
        return made[-1]

    yield connected
    for adapter_ in made:
        adapter_.close()


def adapter(name: str, url: str, **options: Any) -> Adapter:
    """The adapter of that name for a ModelServer at `url`."""
    match name:
        case "openai":
            return OpenAI("m", base_url=f"{url}/v1", api_key="sk-secret", **options)
        case "ollama":
            return Ollama("m", base_url=url, **options)
    options = {"model": "vendor.m-v1:0", "region": "eu-central-1"} | options
    return Bedrock(endpoint_url=url, **options)
