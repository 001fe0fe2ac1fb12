"""Predicts the place of each exported ticket, from the export and the catalog alone."""

import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from deskhand.audits.export import OldTicket
from deskhand.catalog.loaded import LoadedCatalog
from deskhand.catalog.wording import Wording, wording_of
from deskhand.learning.examples import Examples, is_learnable
from deskhand.learning.neighbours import Pair, nearest_of, nearness
from deskhand.learning.training import affordable_part, predict_out_of_fold
from deskhand.learning.vocabulary import Floats
from deskhand.triage.offline import chances_by_wording

type Progress = Callable[[float], None]

# Of the time: the share for predictions out of fold.
_PLANNED, _HURRIED = 0.6, 0.7
# A pair that is less likely than this is not kept.
_LEAST = 0.001
_PAGE = 256


@dataclass(frozen=True, slots=True)
class Prediction:
    """The probability of each likely pair. `learnt`: calibrated, by tickets of the export that are
    not this one; otherwise by the wording of the catalog, which only ranks."""

    chances: Mapping[Pair, float]
    learnt: bool = False
    # Whether tickets of the export that have a pair are like it.
    at_home: bool = False

    @property
    def best(self) -> Pair:
        """The likeliest pair."""
        return max(self.chances, key=lambda pair: (self.chances[pair], pair))

    def chance(self, pairs: Sequence[Pair]) -> float:
        """The probability that it is one of the pairs."""
        return sum(self.chances.get(pair, 0.0) for pair in pairs)


@dataclass(frozen=True, slots=True)
class Predictions:
    """One for each ticket, and how often those out of fold agree with the export."""

    of: list[Prediction]
    learnt: int
    accuracy: float | None


def predict(
    tickets: Sequence[OldTicket],
    vectors: Floats,
    stored: Sequence[tuple[Pair, ...]],
    loaded: LoadedCatalog,
    seconds: float,
    progress: Progress,
) -> Predictions:
    """Tickets with one stored pair are predicted by the others; the rest by the catalog's wording.

    Nothing that this installation has learnt is used: an imported ticket would find itself.
    """
    wording = wording_of(loaded.phrases)
    learnt = _learn(tickets, vectors, stored, wording, seconds, lambda p: progress(p * _PLANNED))
    found = []
    for number, ticket in enumerate(tickets):
        prediction = learnt.of.get(number)
        if prediction is None:
            chances = chances_by_wording(loaded.phrases, ticket.text, vectors[number])
            prediction = Prediction(_likely(chances), at_home=number in learnt.at_home)
        found.append(prediction)
        if number % _PAGE == 0:
            progress(_PLANNED + (1 - _PLANNED) * number / len(tickets))
    return Predictions(found, len(learnt.of), learnt.accuracy)


@dataclass(frozen=True, slots=True)
class _Learnt:
    """The predictions out of fold, and which of the other tickets are like those."""

    of: Mapping[int, Prediction] = field(default_factory=dict)
    at_home: frozenset[int] = frozenset()
    accuracy: float | None = None


def _learn(
    tickets: Sequence[OldTicket],
    vectors: Floats,
    stored: Sequence[tuple[Pair, ...]],
    wording: Wording,
    seconds: float,
    progress: Progress,
) -> _Learnt:
    """Nothing when too few tickets have a pair."""
    numbers = [number for number, pairs in enumerate(stored) if len(pairs) == 1]
    # In an order of their own, so that leaving some out for lack of time leaves out no period.
    numbers.sort(key=lambda number: _scattered(tickets[number]))
    examples = _examples(tickets, vectors, stored, numbers, wording.model)
    if not is_learnable(examples):
        return _Learnt()
    examples = affordable_part(examples, seconds * _PLANNED, wording)
    if not is_learnable(examples):
        return _Learnt()
    out = predict_out_of_fold(examples, wording, progress, seconds * _HURRIED)
    found = {
        number: Prediction(
            _likely(dict(zip(out.pairs, map(float, row), strict=True))),
            learnt=True,
            at_home=bool(near >= out.home),
        )
        for number, row, near in zip(numbers, out.chances, out.near, strict=False)
    }
    others = [number for number in range(len(tickets)) if number not in found]
    near = [nearness(row) for row in nearest_of(vectors[others], examples.vectors)[0]]
    alike = frozenset(n for n, each in zip(others, near, strict=True) if each >= out.home)
    return _Learnt(found, alike, round(out.trial.accuracy, 4))


def _examples(
    tickets: Sequence[OldTicket],
    vectors: Floats,
    stored: Sequence[tuple[Pair, ...]],
    numbers: Sequence[int],
    model: str,
) -> Examples:
    return Examples(
        [str(tickets[number].place) for number in numbers],
        [tickets[number].text.text for number in numbers],
        vectors[list(numbers)],
        [stored[number][0] for number in numbers],
        np.ones(len(numbers), np.bool_),
        model,
        0,
    )


def _scattered(ticket: OldTicket) -> int:
    """A number that scatters tickets, the same in every run."""
    return zlib.crc32(str(ticket.place).encode())


def _likely(chances: Mapping[Pair, float]) -> dict[Pair, float]:
    likely = {pair: chance for pair, chance in chances.items() if chance >= _LEAST}
    return likely or {max(chances, key=lambda pair: chances[pair]): 0.0}
