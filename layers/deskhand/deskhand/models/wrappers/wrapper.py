"""The base of all wrappers: a wrapper has the interface of its provider."""

from pydantic import BaseModel

from deskhand.models.base import Completion, Prompt, Provider
from deskhand.models.ledger import Ledger


class Wrapper:
    """Passes a prompt on to its provider; a subclass adds what happens before and after."""

    def __init__(self, provider: Provider) -> None:
        self.name = provider.name
        self.model = provider.model
        self._provider = provider

    def complete[T: BaseModel](self, prompt: Prompt, schema: type[T]) -> Completion[T]:
        """The provider's completion."""
        return self._provider.complete(prompt, schema)


class LedgerWrapper(Wrapper):
    """A wrapper that reads or writes the ledger of calls."""

    def __init__(self, provider: Provider, ledger: Ledger) -> None:
        super().__init__(provider)
        self._ledger = ledger
