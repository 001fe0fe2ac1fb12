"""Classifies a ticket: one question to a provider, whose answer must be valid in the catalog."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import PydanticCustomError

from deskhand.catalog.loaded import LoadedCatalog
from deskhand.catalog.model import PHRASE_CHARACTERS, Catalog, Entry
from deskhand.errors import ModelOutputInvalid
from deskhand.models.base import Completion, Provider
from deskhand.models.origin import Origin
from deskhand.normal_form import normal_form
from deskhand.safety.injection.detection import SIGNS, Suspicion
from deskhand.safety.sanitise import has_words_of, sanitise, visible_text
from deskhand.settings.provider_chain import OFFLINE
from deskhand.ticket import ReviewReason, TicketText
from deskhand.triage.likely import FITS_FROM, Candidate, Opinion, Place, places
from deskhand.triage.prompt import classify_prompt
from deskhand.triage.summary import summarise

if TYPE_CHECKING:
    # Imported for types only: numpy is needed only where a memory is used.
    from deskhand.learning.memory import Memory

# Above every confidence.
_UNREACHED = 1.01
_EVIDENCE_ITEMS = 12
# Matches a member of the reply's JSON, not a word in its summary.
_PROMISE = re.compile(
    r'"(?:sla|due|deadline|(?:resolution|response)_time)(?:_\w{1,20})?"\s*:', re.IGNORECASE
)
# Servers limit how many values a schema may enumerate.
_ENUMERABLE = 250


# A model's hint whether a ticket is more urgent than others of its type.
type Urgency = Literal["usual", "higher"]


class EvidenceItem(BaseModel):
    """A reason for the classification: a passage or a significant word of the ticket; a phrase of
    the catalog or the reference of a known ticket, with the similarity; or a sign that the ticket
    tries to instruct the model.

    `relation`: the ticket says the phrase, in its own words as `quote`, or is similar to it.
    """

    model_config = ConfigDict(frozen=True)

    source: Literal[
        "ticket", "word", "history", "name", "description", "keyword", "example", "sign"
    ]
    phrase: Annotated[str, Field(max_length=PHRASE_CHARACTERS)]
    similarity: float | None = None
    relation: Literal["says", "similar to"] = "says"
    quote: Annotated[str, Field(max_length=PHRASE_CHARACTERS)] | None = None


class Classification(BaseModel):
    """A ticket's category and request type, the confidence, and the provider that answered."""

    model_config = ConfigDict(frozen=True)

    category: str
    request_type: str
    summary: str
    confidence: float
    fits: bool = True
    likely_places: list[Place] = []
    evidence: list[EvidenceItem]
    review_reasons: list[ReviewReason] = []
    origin: Origin
    urgency: Urgency = "usual"
    suspected_injection: bool = False
    sla_ignored: bool = False

    @property
    def needs_review(self) -> bool:
        """Whether a person has to look at it."""
        return bool(self.review_reasons)

    def document(self) -> dict[str, Any]:
        """The document of the step's outcome: the origin's members are merged into it."""
        members = self.model_dump(mode="json")
        return {**members.pop("origin"), **members, "needs_review": self.needs_review}


def _quoted(value: object) -> object:
    """A plain string is read as a passage of the ticket."""
    if not isinstance(value, str):
        return value
    return {"source": "ticket", "phrase": value[:PHRASE_CHARACTERS]}


def _hint(value: object) -> object:
    """Anything but "higher" counts as "usual": a bad hint never rejects the answer."""
    return "higher" if value == "higher" else "usual"


def _first(value: object) -> object:
    return value[:_EVIDENCE_ITEMS] if isinstance(value, list) else value


class CatalogAnswer(BaseModel):
    """What a provider answers; fields beyond these (a priority, an SLA) are ignored."""

    urgency: Annotated[Urgency, BeforeValidator(_hint)] = "usual"

    category: str
    request_type: str
    summary: str
    confidence: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
    evidence: Annotated[
        list[Annotated[EvidenceItem, BeforeValidator(_quoted), WithJsonSchema({"type": "string"})]],
        BeforeValidator(_first),
    ]


@dataclass(frozen=True, slots=True)
class Lines:
    """The confidences that decide what becomes of an answer.

    An answer fits from `fits` on. It needs no review from what was measured `of` a provider's
    model and a pair on; where nothing is known, from `unmeasured` on, and without that never.
    """

    fits: float = FITS_FROM
    unmeasured: float | None = None
    of: Callable[[str, str, tuple[str, str]], float | None] = lambda _provider, _model, _pair: None

    def review(self, provider: str, model: str, pair: tuple[str, str]) -> float:
        """The confidence from which that provider's answers with that pair need no review."""
        measured = self.of(provider, model, pair)
        line = self.unmeasured if measured is None else measured
        return _UNREACHED if line is None else line


def classify(
    provider: Provider,
    loaded: LoadedCatalog,
    suspicion: Suspicion,
    memory: "Memory | None" = None,
    lines: Lines = Lines(),
    opinion: Opinion | None = None,
) -> Classification:
    """The provider's answer, valid in the catalog; `memory` holds similar known tickets, `opinion`
    what the offline provider says.

    The answer needs a review when `lines` say so, when no entry fits, when a model's pair
    contradicts the ticket's words and the offline opinion, when the ticket tries to instruct the
    model, and when the answer repeats the model's instructions.
    """
    ticket, signs = suspicion.rest, suspicion.signs
    prompt = classify_prompt(loaded.catalog, loaded.phrases, ticket, memory, opinion)
    completion = provider.complete(prompt, answer_schema(loaded.catalog))
    answer = completion.value
    entry = loaded.catalog.find(answer.category, answer.request_type)
    if entry is None:
        raise ModelOutputInvalid(f"{completion.provider}: the answer is not in the catalog")
    if has_words_of(answer.summary, prompt.system, ticket.text):
        signs = (*signs, "repeated")
    shown = "" if "repeated" in signs else sanitise(answer.summary)
    pair = (entry.category.name, entry.request.name)
    bar = lines.review(completion.provider, completion.model, pair)
    fits = answer.confidence >= lines.fits and (memory is None or memory.is_familiar(pair))
    first = Candidate(pair, answer.confidence, ())
    likely = opinion.after(first) if opinion else (first,)
    reasons: dict[ReviewReason, bool] = {
        "suspected_injection": bool(signs),
        "nothing_fits": not fits,
        "contradicted": opinion is not None and opinion.contradicts(pair),
        "precision_unknown": bar == _UNREACHED,
        "low_confidence": answer.confidence < bar and bar != _UNREACHED,
    }
    return Classification(
        category=entry.category.name,
        request_type=entry.request.name,
        summary=shown or sanitise(summarise(ticket)) or "(no text)",
        confidence=answer.confidence,
        fits=fits,
        likely_places=places(likely),
        evidence=[*_evidence(completion, entry, ticket), *_suspicions(signs)],
        review_reasons=[name for name, holds in reasons.items() if holds],
        origin=Origin.of(completion),
        urgency="usual" if signs else answer.urgency,
        suspected_injection=bool(signs),
        sla_ignored=has_promise(completion.raw),
    )


def has_promise(reply: str) -> bool:
    """Whether a model's reply also states an SLA or a due time, which only the catalog may."""
    return _PROMISE.search(reply) is not None


def _evidence(
    completion: Completion[CatalogAnswer], entry: Entry, ticket: TicketText
) -> Iterator[EvidenceItem]:
    """The evidence that ticket and catalog confirm, without invisible characters."""
    ours = completion.provider == OFFLINE
    for found in completion.value.evidence:
        phrase = visible_text(found.phrase)
        learnt = ours and found.source in ("word", "history")
        if phrase and (learnt or _genuine(found, entry, ticket)):
            yield found.model_copy(update={"phrase": phrase})


def _suspicions(signs: Sequence[str]) -> Iterator[EvidenceItem]:
    for sign in signs:
        yield EvidenceItem(source="sign", phrase=SIGNS[sign])


@lru_cache(maxsize=4)
def answer_schema(catalog: Catalog) -> type[CatalogAnswer]:
    """CatalogAnswer, restricted to the pairs of this catalog; case and white space are ignored."""
    categories = enum_of(entry.category.name for entry in catalog.entries)
    request_types = enum_of(entry.request.name for entry in catalog.entries)

    class Answer(CatalogAnswer):
        category: Annotated[str, WithJsonSchema(categories)]
        request_type: Annotated[str, WithJsonSchema(request_types)]

        @model_validator(mode="after")
        def _in_catalog(self) -> Self:
            if catalog.find(self.category, self.request_type) is None:
                raise PydanticCustomError(
                    "not_in_catalog", "category and request_type are no pair of the catalog"
                )
            return self

    return Answer


def enum_of(names: Iterable[str]) -> dict[str, Any]:
    """The JSON schema of a text that is one of these names, if they are not too many."""
    distinct = list(dict.fromkeys(names))
    return {"type": "string"} | ({"enum": distinct} if len(distinct) <= _ENUMERABLE else {})


def _genuine(found: EvidenceItem, entry: Entry, ticket: TicketText) -> bool:
    """False when the ticket does not contain the passage, or the catalog does not contain the
    phrase."""
    if found.source == "ticket":
        return normal_form(found.phrase) in normal_form(ticket.text)
    said = {(kind, text[:PHRASE_CHARACTERS]) for kind, text in entry.request.phrases()}
    return (found.source, found.phrase) in said
