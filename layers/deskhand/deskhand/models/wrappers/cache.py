"""Caches answers: the same question is sent to the same model once, until the answer expires.

Errors are never cached. While one function asks, others with the same question wait for its answer
as long as their step's time allows, and then ask themselves.
"""

import time

from pydantic import BaseModel, ValidationError
from pydantic_core import PydanticSerializationError

from deskhand.models.base import Completion, Prompt
from deskhand.models.wrappers.wrapper import LedgerWrapper

POLL_SECONDS = 0.25


class Cache(LedgerWrapper):
    """Returns the stored answer, or asks the provider and stores its answer."""

    def complete[T: BaseModel](self, prompt: Prompt, schema: type[T]) -> Completion[T]:
        """The stored or a new completion; a stored answer is validated too, and uses no tokens."""
        started = time.perf_counter()
        self._wait()
        known = self._ledger.admission.answer
        value = self._value(known, schema)
        if known is not None and value is not None:
            return self._known(known, value, prompt, started)
        completion = super().complete(prompt, schema)
        self._keep(completion.value)
        return completion

    def _wait(self) -> None:
        while self._ledger.admission.asked_elsewhere:
            if self._ledger.patience() < POLL_SECONDS:
                self._ledger.ask(alone=True)
                return
            time.sleep(POLL_SECONDS)
            self._ledger.ask()

    def _value[T: BaseModel](self, known: str | None, schema: type[T]) -> T | None:
        if known is None:
            return None
        try:
            return schema.model_validate_json(known)
        except ValidationError:
            # Written by an older release, or damaged: ask again and replace it.
            self._ledger.ask(cached=False)
            return None

    def _known[T](self, known: str, value: T, prompt: Prompt, started: float) -> Completion[T]:
        return Completion(
            value=value,
            provider=self.name,
            model=self.model,
            prompt_version=prompt.version,
            input_tokens=0,
            output_tokens=0,
            latency_ms=round((time.perf_counter() - started) * 1000),
            raw=known,
            cached=True,
        )

    def _keep(self, value: BaseModel) -> None:
        try:
            self._ledger.keep(value.model_dump_json())
        except PydanticSerializationError:
            # The answer contains a lone surrogate, for example, and cannot be stored.
            return
