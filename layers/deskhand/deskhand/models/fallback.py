"""Several providers as one: the order of calls, and the error that is raised."""

from collections.abc import Sequence
from dataclasses import replace

from pydantic import BaseModel

from deskhand.errors import DeskhandError
from deskhand.models.base import Completion, NotAsked, Prompt, Provider


class Fallback:
    """Asks providers in turn until one answers; an error outside `on`, or of the last one, is
    raised.

    A provider with an open breaker or a used-up budget is skipped regardless of `on`.
    """

    def __init__(self, providers: Sequence[Provider], on: tuple[type[DeskhandError], ...]) -> None:
        self._providers = providers
        self._on = on

    @property
    def name(self) -> str:
        """The first provider's name."""
        return self._providers[0].name

    @property
    def model(self) -> str:
        """The first provider's model."""
        return self._providers[0].model

    def complete[T: BaseModel](self, prompt: Prompt, schema: type[T]) -> Completion[T]:
        """The first answer; its `failures` list the providers that failed before, with their
        errors."""
        failures: list[str] = []
        for provider in self._providers[:-1]:
            try:
                return _after(failures, provider.complete(prompt, schema))
            except NotAsked as turned:
                if not (turned.skip or isinstance(turned.error, self._on)):
                    raise turned.error from None
                failures.append(f"{provider.name}: {type(turned.error).__name__}, not asked")
            except self._on as error:
                failures.append(f"{provider.name}: {type(error).__name__}")
        try:
            return _after(failures, self._providers[-1].complete(prompt, schema))
        except NotAsked as turned:
            raise turned.error from None


def _after[T](failures: list[str], completion: Completion[T]) -> Completion[T]:
    return replace(completion, failures=(*failures, *completion.failures))
