"""Records every model call: its question, its cost and its outcome."""

from pydantic import BaseModel

from deskhand.errors import DeskhandError
from deskhand.models.base import Completion, Prompt
from deskhand.models.wrappers.wrapper import LedgerWrapper


class Recorder(LedgerWrapper):
    """Opens a call in the ledger and closes it with its outcome.

    What breaker or limiter rejected was not a call, and is not recorded.
    """

    def complete[T: BaseModel](self, prompt: Prompt, schema: type[T]) -> Completion[T]:
        """The provider's completion, with its cost."""
        self._ledger.open(prompt, schema)
        try:
            completion = super().complete(prompt, schema)
        except DeskhandError as error:
            self._ledger.record_failure(error)
            raise
        return self._ledger.record_completion(completion)
