"""The one interface to models: `complete(prompt, schema) -> Completion`."""

from dataclasses import dataclass
from typing import Protocol

from pydantic import BaseModel

from deskhand.errors import DeskhandError


@dataclass(frozen=True, slots=True)
class Prompt:
    """One question to a model; `version` is the content hash of the prompt's file.

    `material` is what the prompt was made from, for a provider that reads facts instead of prose.
    `marker` stands around the data in `user` and is another one each time; `names` are the
    requester's, for masking.
    """

    name: str
    version: str
    system: str
    user: str
    material: object
    marker: str = ""
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Completion[T]:
    """A valid answer and where it came from; `failures` names the providers that failed before.

    `requests`: how often the model was asked, 2 after a repair. `cost_usd` is None where the
    model's price is not known; a `cached` answer cost nothing.
    """

    value: T
    provider: str
    model: str
    prompt_version: str
    input_tokens: int
    output_tokens: int
    latency_ms: int
    raw: str
    failures: tuple[str, ...] = ()
    requests: int = 1
    cost_usd: float | None = None
    cached: bool = False


class NotAsked(Exception):
    """Breaker or limiter keep a provider from being asked; `error` is what the step is told.

    Never leaves the chain: its fallback asks the next provider or raises `error`. `skip` says that
    the next provider is to be asked at once, since no retry of the step would help.
    """

    def __init__(self, error: DeskhandError, *, skip: bool) -> None:
        super().__init__(str(error))
        self.error = error
        self.skip = skip


class Provider(Protocol):
    """Anything that answers prompts; fails only with the model errors of `deskhand.errors`."""

    @property
    def name(self) -> str:
        """The provider's name as it stands in LLM_PROVIDERS."""
        ...

    @property
    def model(self) -> str:
        """The model's name."""
        ...

    def complete[T: BaseModel](self, prompt: Prompt, schema: type[T]) -> Completion[T]:
        """A value of `schema`; ModelUnavailable, ModelRateLimited, ModelRefused or
        ModelOutputInvalid when there is none."""
        ...
