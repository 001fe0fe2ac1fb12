"""Circuit breaker: no function calls a model for a while after most of its calls failed.

The state is in the database. More than half of at least LLM_BREAKER_CALLS calls failing within
LLM_BREAKER_WINDOW_SECONDS open it; only transient errors count as failures, since a refusal or an
invalid answer comes from a model that is available. After LLM_BREAKER_OPEN_SECONDS one call is let
through: success closes the breaker, failure restarts the wait.
"""

from pydantic import BaseModel

from deskhand.errors import ModelUnavailable
from deskhand.models.base import Completion, NotAsked, Prompt
from deskhand.models.wrappers.wrapper import LedgerWrapper


class Breaker(LedgerWrapper):
    """Asks the provider unless its breaker is open; then the chain asks the next one."""

    def complete[T: BaseModel](self, prompt: Prompt, schema: type[T]) -> Completion[T]:
        """The provider's completion; raises NotAsked, as ModelUnavailable, while it is open."""
        if self._ledger.admission.open:
            error = ModelUnavailable(f"{self.name} failed too often and is left alone for a while")
            raise NotAsked(error, skip=True)
        return super().complete(prompt, schema)
