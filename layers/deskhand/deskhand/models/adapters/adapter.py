"""What all adapters of remote models share: one deadline for a whole call, one connection.

An adapter is a module of the provider's name with `build`, which creates it from the settings, and
`place`, which names its endpoint.
"""

from abc import ABC, abstractmethod
from functools import partial
from typing import Any, Protocol

from pydantic import BaseModel

from deskhand.models import output
from deskhand.models.base import Completion, Prompt
from deskhand.models.output import Message, Reply
from deskhand.settings.environment import Settings


class Connection(Protocol):
    """A connection, kept between calls; limits the time of each call."""

    def allow(self, seconds: float) -> None:
        """Start a call: all requests from here to the next `allow` share `seconds`."""
        ...

    def close(self) -> None:
        """Close it."""
        ...


class Adapter(ABC):
    """A remote model; a subclass implements its wire format in `_ask`."""

    name: str

    def __init__(self, model: str, connection: Connection, timeout: float) -> None:
        self.model = model
        self._connection = connection
        self._timeout = timeout

    def complete[T: BaseModel](self, prompt: Prompt, schema: type[T]) -> Completion[T]:
        """A value of `schema` within the timeout, which includes the repair request."""
        self._connection.allow(self._timeout)
        form = output.json_schema(schema)
        ask = partial(self._ask, name=prompt.name, form=form, tokens=prompt.answer_tokens)
        return output.complete(self.name, self.model, ask, prompt, schema)

    def close(self) -> None:
        """Close the kept connection."""
        self._connection.close()

    @abstractmethod
    def _ask(
        self, messages: list[Message], *, name: str, form: dict[str, Any], tokens: int
    ) -> Reply:
        """One answer to the prompt `name` of at most `tokens`, structured by the JSON schema
        `form`.
        """


def sampling_of(settings: Settings) -> dict[str, Any]:
    """The sampling parameters, as keyword arguments of the adapters."""
    return {
        "temperature": settings.llm_temperature,
        "top_p": settings.llm_top_p,
        "top_k": settings.llm_top_k,
    }
