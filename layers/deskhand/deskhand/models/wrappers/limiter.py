"""Limits the rate and the daily cost of model calls, for all functions together.

Above the rate, a call waits if its turn comes soon; otherwise the step is retried, and its last try
asks the next provider. Above the daily budget, the next provider is asked at once until the day
ends (UTC). Tokens and cost are reserved by estimate and corrected after the call.
"""

from time import sleep

from pydantic import BaseModel

from deskhand.errors import ModelRateLimited
from deskhand.models.base import Completion, NotAsked, Prompt
from deskhand.models.wrappers.wrapper import LedgerWrapper


class Limiter(LedgerWrapper):
    """Asks the provider when the limits allow this call."""

    def complete[T: BaseModel](self, prompt: Prompt, schema: type[T]) -> Completion[T]:
        """The provider's completion; raises NotAsked, as ModelRateLimited, when no turn comes."""
        admission = self._ledger.admission
        if admission.spent:
            error = ModelRateLimited(f"{self.name}: the day's budget is used up")
            raise NotAsked(error, skip=True)
        if not admission.admitted:
            error = ModelRateLimited(f"{self.name}: no turn for another {admission.delay:.0f} s")
            raise NotAsked(error, skip=False)
        sleep(admission.delay)
        self._ledger.start()
        return super().complete(prompt, schema)
