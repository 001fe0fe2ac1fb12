"""The step ClassifyBatch: asks the providers about the requests of a batch, and settles each."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import partial

from deskhand.attribution.ask import Answer, Answers, ask_about
from deskhand.attribution.match import Open, Result, fields, match_given, result_of
from deskhand.attribution.offline import OFFLINE, best
from deskhand.attribution.question import BatchAnswer, Item, QuestionItem, answer_form, question
from deskhand.attribution.request import HelpdeskRequest
from deskhand.catalog.loaded import LoadedCatalog, of_version
from deskhand.errors import OF_MODELS, TRANSIENT, StepFailed
from deskhand.learning.memory import Memory, recall
from deskhand.models.base import Completion
from deskhand.models.chain import provider_for
from deskhand.normal_form import normal_form
from deskhand.safety.injection.detection import examine
from deskhand.safety.sanitise import visible_text
from deskhand.settings import provider_chain
from deskhand.settings.environment import settings
from deskhand.store import attribution_requests as store
from deskhand.store.attribution_requests import Figures, Settled
from deskhand.store.calls import Calls
from deskhand.store.steps import Outcome
from deskhand.ticket import TicketText
from deskhand.triage.likely import FITS_FROM
from deskhand.workflow.step import Work

_NO_ANSWER = "no provider gave a usable answer about it"
_MISSING = "the answers leave it out, the second one too"
_BY_THE_CATALOG = "by the catalog"
_CONFLICT = "the answer's request type is of another category, and none of its own fits"


def classify_batch(work: Work) -> Outcome:
    """The outcomes of the requests of batch `work.revision`.

    Transient errors of models are raised for the state machine's retries. The last one, like one
    that no retry can help, leaves the requests without an answer as they were fetched: a batch
    never ends the run.
    """
    batch = _batch_of(work)
    failure = batch.ask(work)
    settled = [batch.settle(each, failure) for each in batch.asked]
    unanswered = any(each.outcome == "failed" for each in settled)
    reason = failure or (_NO_ANSWER if unanswered else None)
    figures = Figures(batch.answers.splits, batch.answers.sla_ignored, reason)
    return Outcome(
        {},
        apply=lambda own, _: store.settle_batch(own, work.run_id, work.revision, settled, figures),
    )


def _batch_of(work: Work) -> "_Batch":
    """The batch as it is stored."""
    conn = work.connection
    version = store.catalog_version(conn, work.run_id)
    if version is None:
        raise StepFailed("the run has not fetched its requests")
    loaded = of_version(conn, version)
    rows = store.of_batch(conn, work.run_id, work.revision)
    asked = tuple(_asked(loaded, HelpdeskRequest(**asdict(row))) for row in rows)
    return _Batch(loaded, asked, lambda text: recall(conn, text, loaded.phrases))


def _asked(loaded: LoadedCatalog, request: HelpdeskRequest) -> QuestionItem:
    found = match_given(loaded.catalog, request.category, request.request_type)
    entries = found.entries if isinstance(found, Open) else ()
    return QuestionItem("", request, examine(request.text), entries)


@dataclass(frozen=True)
class _Batch:
    """The requests of a batch, the catalog that they are compared with, and the answers."""

    loaded: LoadedCatalog
    asked: tuple[QuestionItem, ...]
    recall: Callable[[TicketText], Memory]
    answers: Answers = field(default_factory=Answers)

    def ask(self, work: Work) -> str | None:
        """Asks about all requests; returns the reason when a model's error has ended that.

        A request that tries to instruct a model is compared with the catalog only.
        """
        honest = [each for each in self.asked if not each.suspicion.signs]
        suspicious = [each for each in self.asked if each.suspicion.signs]
        ask_about(suspicious, partial(self._ask, work, provider_chain.OFFLINE), self.answers)
        try:
            ask_about(honest, partial(self._ask, work, None), self.answers)
        except OF_MODELS as error:
            if isinstance(error, TRANSIENT) and not work.last_try:
                raise
            return f"{type(error).__name__}: {error}"
        return None

    def _ask(
        self, work: Work, only: str | None, asked: Sequence[QuestionItem], last: bool
    ) -> Completion[BatchAnswer]:
        provider = provider_for(
            settings(),
            last_attempt=work.last_try,
            offline=OFFLINE,
            calls=Calls(work.connection, work.run_id, store.CLASSIFY_BATCH),
            only=only,
            after_bad_output=last,
        )
        form = answer_form(self.loaded.catalog, len(asked))
        return provider.complete(question(self.loaded, asked, self.recall), form)

    def settle(self, asked: QuestionItem, failure: str | None) -> Settled:
        """The result of a request, by the answer about it."""
        answer = self.answers.found.get(asked.request.position)
        if answer is None:
            unusable = asked.request.position in self.answers.unusable
            if failure or unusable:
                return _settled(asked, Result("failed", reason=failure or _NO_ANSWER))
            return _settled(asked, Result("missing", reason=_MISSING))
        item = answer.item
        result = result_of(self.loaded.catalog, asked.entries, item.category, item.request_type)
        return self._within(asked) if result is None else _settled(asked, result, answer)

    def _within(self, asked: QuestionItem) -> Settled:
        """The best entry that the request's own fields allow, if one fits."""
        text = asked.suspicion.rest
        found = best(self.loaded, asked.entries, text, self.recall(text))
        if found.confidence < FITS_FROM:
            return _settled(asked, Result("conflict", reason=_CONFLICT))
        entry = self.loaded.catalog.entry(found.category, found.request_type)
        item = Item(id=asked.key, **asdict(found))
        answer = Answer(item, OFFLINE.name, OFFLINE.model, _BY_THE_CATALOG)
        return _settled(asked, Result("classified", entry), answer)


def _settled(asked: QuestionItem, result: Result, answer: Answer | None = None) -> Settled:
    """The row of a result; the provider is named also when its answer was rejected."""
    row = Settled(
        position=asked.request.position,
        **asdict(fields(asked.request, result)),
        outcome=result.outcome,
        reason=result.reason,
    )
    if answer is None:
        return row
    return replace(
        row,
        provider=answer.provider,
        model=answer.model,
        prompt_version=answer.prompt_version,
        confidence=answer.item.confidence,
        evidence=tuple(_evidence(asked, answer)),
    )


def _evidence(asked: QuestionItem, answer: Answer) -> Iterator[str]:
    """The passages that the request confirms; those of our own provider are known to be right."""
    text = normal_form(asked.suspicion.rest.text)
    for passage in answer.item.evidence:
        ours = answer.provider == provider_chain.OFFLINE
        if (shown := visible_text(passage)) and (ours or normal_form(passage) in text):
            yield shown
