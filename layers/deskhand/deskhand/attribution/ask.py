"""Asks about a batch: a bad answer is split and asked again, a request without one once more."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from deskhand.attribution.question import BatchAnswer, Item, QuestionItem, key_of
from deskhand.errors import ModelOutputInvalid
from deskhand.models.base import Completion
from deskhand.settings.provider_chain import OFFLINE

# A batch of 30 is split into 15 and 15, and those into 8 and 7: seven calls at most.
DEPTH = 2
MAX_CALLS = 2 ** (DEPTH + 1) - 1

# Asks the providers; with `last` a provider that answered badly is followed by the next one.
type Ask = Callable[[Sequence[QuestionItem], bool], Completion[BatchAnswer]]


@dataclass(frozen=True, slots=True)
class Answer:
    """What a provider said about one request."""

    item: Item
    provider: str
    model: str
    prompt_version: str


@dataclass(slots=True)
class Answers:
    """The answers about a batch, by position of the request, and what they took.

    `unusable` requests had no usable answer. `calls` are calls of models, `splits` those of them
    that asked about a part, `sla_ignored` the answers that named an SLA.
    """

    found: dict[int, Answer] = field(default_factory=dict)
    unusable: set[int] = field(default_factory=set)
    calls: int = 0
    splits: int = 0
    sla_ignored: int = 0


def ask_about(asked: Sequence[QuestionItem], ask: Ask, answers: Answers) -> None:
    """Adds the answers about these requests to `answers`; raises the errors of the models, except
    ModelOutputInvalid.
    """
    if not asked:
        return
    _ask_part(asked, ask, answers, 0)
    known = answers.found.keys() | answers.unusable
    missing = [each for each in asked if each.request.position not in known]
    if missing and answers.calls < MAX_CALLS:
        _take(missing, ask, answers, last=True)


def _ask_part(asked: Sequence[QuestionItem], ask: Ask, answers: Answers, depth: int) -> None:
    last = depth == DEPTH or len(asked) == 1
    answers.splits += depth > 0
    if _take(asked, ask, answers, last=last):
        return
    if last:
        answers.unusable |= {each.request.position for each in asked}
        return
    half = (len(asked) + 1) // 2
    for part in (asked[:half], asked[half:]):
        _ask_part(part, ask, answers, depth + 1)


def _take(asked: Sequence[QuestionItem], ask: Ask, answers: Answers, *, last: bool) -> bool:
    """Asks and takes the answers; False when the answer cannot be used."""
    keyed = [replace(each, key=key_of(number)) for number, each in enumerate(asked)]
    answers.calls += 1
    try:
        completion = ask(keyed, last)
    except ModelOutputInvalid:
        return False
    answers.calls -= completion.provider == OFFLINE
    items = {item.id: item for item in completion.value.items}
    for each in keyed:
        if item := items.get(each.key):
            answers.sla_ignored += item.names_sla
            answers.found[each.request.position] = Answer(
                item, completion.provider, completion.model, completion.prompt_version
            )
    return True
