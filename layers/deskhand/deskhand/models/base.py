"""The one interface to models: `complete(prompt, schema) -> Completion`."""

from dataclasses import dataclass
from typing import Protocol

from pydantic import BaseModel

from deskhand.errors import DeskhandError

# The token limit of an answer: enough for any question about one ticket.
ANSWER_TOKENS = 1024


@dataclass(frozen=True, slots=True)
class Prompt:
    """One question to a model; `version` is the content hash of the prompt's file.

    `material` is what the prompt was made from, for a provider that reads facts instead of prose.
    `marker` surrounds the data in `user` and differs in each prompt; `names` are the requester's
    names, for masking. `answer_tokens` limits the answer. An invalid answer is sent back once with
    its errors, unless `repair` is False.
    """

    name: str
    version: str
    system: str
    user: str
    material: object
    marker: str = ""
    names: tuple[str, ...] = ()
    answer_tokens: int = ANSWER_TOKENS
    repair: bool = True


@dataclass(frozen=True, slots=True)
class Completion[T]:
    """A valid answer and its origin; `failures` names the providers that failed before.

    `requests`: number of requests to the model, 2 after a repair. `cost_usd` is None when the
    model's price is unknown; a `cached` answer costs nothing.
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
    """The breaker or limiter prevented a call; `error` is what the step raises.

    Never leaves the chain: its fallback asks the next provider or raises `error`. `skip`: the next
    provider is asked at once, since a retry of the step would not help.
    """

    def __init__(self, error: DeskhandError, *, skip: bool) -> None:
        super().__init__(str(error))
        self.error = error
        self.skip = skip


class Provider(Protocol):
    """Answers prompts; raises only the model errors of `deskhand.errors`."""

    @property
    def name(self) -> str:
        """The provider's name as in LLM_PROVIDERS."""
        ...

    @property
    def model(self) -> str:
        """The model's name."""
        ...

    def complete[T: BaseModel](self, prompt: Prompt, schema: type[T]) -> Completion[T]:
        """A value of `schema`; raises ModelUnavailable, ModelRateLimited, ModelRefused or
        ModelOutputInvalid."""
        ...
