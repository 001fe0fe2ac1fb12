"""What all adapters of outside models share: one deadline for a whole call, one connection.

An adapter is a module of the provider's name with `build`, which makes it from the settings, and
`place`, which says where its model is asked.
"""

from functools import partial
from typing import Any, Protocol

from pydantic import BaseModel

from deskhand.models import output
from deskhand.models.base import Completion, Prompt
from deskhand.models.output import Message, Reply
from deskhand.settings.environment import Settings


class Connection(Protocol):
    """Kept between calls; bounds the time of each."""

    def allow(self, seconds: float) -> None:
        """Start a call: all requests from here to the next `allow` share `seconds`."""
        ...

    def close(self) -> None:
        """Close it."""
        ...


class Adapter:
    """A model behind a network; a subclass speaks its wire format in `_ask`."""

    name: str

    def __init__(self, model: str, connection: Connection, timeout: float) -> None:
        self.model = model
        self._connection = connection
        self._timeout = timeout

    def complete[T: BaseModel](self, prompt: Prompt, schema: type[T]) -> Completion[T]:
        """A value of `schema` within the timeout, which covers the repair as well."""
        self._connection.allow(self._timeout)
        ask = partial(self._ask, name=prompt.name, form=output.json_schema(schema))
        return output.complete(self.name, self.model, ask, prompt, schema)

    def close(self) -> None:
        """Close the kept connection."""
        self._connection.close()

    def _ask(self, messages: list[Message], *, name: str, form: dict[str, Any]) -> Reply:
        """One answer, to a prompt of that name, in the form of a JSON schema."""
        raise NotImplementedError


def sampling_of(settings: Settings) -> dict[str, Any]:
    """How models are to choose their words, as the adapters take it."""
    return {
        "temperature": settings.llm_temperature,
        "top_p": settings.llm_top_p,
        "top_k": settings.llm_top_k,
    }
