"""The one interface to models: `complete(prompt, schema) -> Completion`."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from pydantic import BaseModel

from deskhand.catalog.model import Catalog, CatalogPhrases
from deskhand.errors import DeskhandError
from deskhand.knowledge.passages import Passage
from deskhand.safety.shorten import begins_with

if TYPE_CHECKING:
    # Only who learns needs numpy.
    from deskhand.learning.memory import Memory


@dataclass(frozen=True, slots=True)
class TicketText:
    """What the requester wrote."""

    subject: str
    body: str

    @property
    def text(self) -> str:
        """Subject and body; a subject that only repeats the body's start is left out."""
        if begins_with(self.body, self.subject):
            return self.body
        return f"{self.subject}\n\n{self.body}".strip()


@dataclass(frozen=True, slots=True)
class ClassifyMaterial:
    """What a classify prompt was made from, for the provider that reads facts, not prose."""

    ticket: TicketText
    catalog: Catalog
    phrases: CatalogPhrases
    memory: "Memory | None" = None


@dataclass(frozen=True, slots=True)
class Custom:
    """An entity that the catalog wants to be found, by its description or by a pattern."""

    name: str
    description: str = ""
    pattern: str = ""


@dataclass(frozen=True, slots=True)
class ExtractMaterial:
    """What an extract_entities prompt was made from."""

    ticket: TicketText
    custom: tuple[Custom, ...]


@dataclass(frozen=True, slots=True)
class DraftMaterial:
    """What a draft_reply prompt was made from; `avoid` names statements that a review refused."""

    ticket: TicketText
    passages: tuple[Passage, ...]
    avoid: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ReviewMaterial:
    """What a review_reply prompt was made from."""

    draft: str


type Material = ClassifyMaterial | ExtractMaterial | DraftMaterial | ReviewMaterial


@dataclass(frozen=True, slots=True)
class Prompt:
    """One question to a model; `version` is the content hash of the prompt's file.

    `marker` stands around the data in `user` and is another one each time; `names` are the
    requester's, for masking.
    """

    name: str
    version: str
    system: str
    user: str
    material: Material
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
