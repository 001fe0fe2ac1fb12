"""Every call of a model is written down: what it was, what it cost, how it ended."""

from pydantic import BaseModel

from deskhand.errors import DeskhandError
from deskhand.models.base import Completion, Prompt
from deskhand.models.wrappers.wrapper import LedgerWrapper


class Recorder(LedgerWrapper):
    """Opens a call in the ledger, and closes it with its outcome, good or bad.

    What breaker and limiter turned away was no call, and is not written down.
    """

    def complete[T: BaseModel](self, prompt: Prompt, schema: type[T]) -> Completion[T]:
        """The provider's completion, with its cost."""
        self._ledger.open(prompt, schema)
        try:
            completion = super().complete(prompt, schema)
        except DeskhandError as error:
            self._ledger.failed(error)
            raise
        return self._ledger.completed(completion)
