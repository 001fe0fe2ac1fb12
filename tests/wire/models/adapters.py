"""The adapters, each against its own wire format of the same server."""

from collections.abc import Callable
from typing import Any, Literal

from pydantic import BaseModel

from deskhand.models.adapters.bedrock import Bedrock
from deskhand.models.adapters.ollama import Ollama
from deskhand.models.adapters.openai import OpenAI
from deskhand.settings.provider_chain import OUTSIDE

type Adapter = OpenAI | Ollama | Bedrock
type Connect = Callable[..., Adapter]

FORMATS = OUTSIDE


class Colour(BaseModel):
    """What the tests ask for."""

    colour: Literal["red", "blue"]
    sure: float


def adapter(name: str, url: str, **options: Any) -> Adapter:
    """The adapter of that name for a ModelServer at `url`."""
    match name:
        case "openai":
            return OpenAI("m", base_url=f"{url}/v1", api_key="sk-secret", **options)
        case "ollama":
            return Ollama("m", base_url=url, **options)
        case "bedrock":
            options = {"model": "vendor.m-v1:0", "region": "eu-central-1"} | options
            return Bedrock(endpoint_url=url, **options)
    raise ValueError(f"`{name}` is not tested: add it to tests/wire/models/adapters.py")
