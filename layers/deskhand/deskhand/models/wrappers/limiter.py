"""Models are asked at the pace, and for the money, that the settings allow all functions together.

Over the rate, a call waits for its turn if that comes soon; otherwise the step is retried, and its
last try goes to the next provider. Over the day's budget the next provider is asked at once, until
the day ends (UTC). Tokens and money are reserved by an estimate and settled after the call.
"""

from time import sleep

from pydantic import BaseModel

from deskhand.errors import ModelRateLimited
from deskhand.models.base import Completion, NotAsked, Prompt
from deskhand.models.wrappers.wrapper import LedgerWrapper


class Limiter(LedgerWrapper):
    """Asks the provider when it is this call's turn."""

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
