"""A model that gives certain answers, over real HTTP."""

from collections.abc import Iterator
from contextlib import closing, contextmanager

from deskhand.models.adapters.openai import OpenAI
from tests.wire.models.model_server import ModelServer, says


@contextmanager
def answering(*answers: str) -> Iterator[tuple[OpenAI, ModelServer]]:
    """The model and its server; the last answer is repeated."""
    with ModelServer(*map(says, answers)) as server:
        url = f"{server.url}/v1"
        with closing(OpenAI("m", base_url=url, api_key="k", timeout=60)) as model:
            yield model, server
