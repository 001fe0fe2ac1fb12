"""Predicts the place of each exported ticket, from the export and the catalog alone."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from deskhand.audits.export import OldTicket
from deskhand.catalog.loaded import LoadedCatalog
from deskhand.learning.neighbours import Pair
from deskhand.learning.training import Examples, affordable, learnable, predict_out_of_fold
from deskhand.learning.words import Floats
from deskhand.similarity.adapters import minilm
from deskhand.triage.offline import chances_by_wording

type Progress = Callable[[float], None]

# Of the time: the share for predictions out of fold.
_PLANNED, _HURRIED = 0.6, 0.7
# A pair that is less likely than this is not kept.
_LEAST = 0.001


@dataclass(frozen=True, slots=True)
class Prediction:
    """The probability of each likely pair. `learnt`: calibrated, by tickets of the export that are
    not this one; otherwise by the wording of the catalog, which only ranks."""

    chances: Mapping[Pair, float]
    learnt: bool = False
    # Whether the tickets of the export are like it; None: it was not compared with them.
    at_home: bool | None = None

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
    learnt, accuracy = _learnt(tickets, vectors, stored, seconds, lambda p: progress(p * _PLANNED))
    found = []
    for number, ticket in enumerate(tickets):
        prediction = learnt.get(number)
        if prediction is None:
            chances = chances_by_wording(loaded.phrases, ticket.text, vectors[number])
            prediction = Prediction(_likely(chances))
        found.append(prediction)
        if number % 256 == 0:
            progress(_PLANNED + (1 - _PLANNED) * number / len(tickets))
    return Predictions(found, len(learnt), accuracy)


def _learnt(
    tickets: Sequence[OldTicket],
    vectors: Floats,
    stored: Sequence[tuple[Pair, ...]],
    seconds: float,
    progress: Progress,
) -> tuple[dict[int, Prediction], float | None]:
    """The predictions out of fold by ticket; none when too few tickets have a pair."""
    numbers = [number for number, pairs in enumerate(stored) if len(pairs) == 1]
    # In an order of their own, so that leaving some out for lack of time leaves out no period.
    numbers.sort(key=lambda number: hash_of(tickets[number]))
    examples = Examples(
        [str(tickets[number].place) for number in numbers],
        [tickets[number].text.text for number in numbers],
        vectors[numbers],
        [stored[number][0] for number in numbers],
        np.ones(len(numbers), np.bool_),
        minilm.MODEL,
        0,
    )
    if not learnable(examples):
        return {}, None
    examples = affordable(examples, seconds * _PLANNED)
    if not learnable(examples):
        return {}, None
    out = predict_out_of_fold(examples, progress, seconds * _HURRIED)
    found = {
        number: Prediction(
            _likely(dict(zip(out.pairs, map(float, row), strict=True))),
            learnt=True,
            at_home=bool(near >= out.home),
        )
        for number, row, near in zip(numbers, out.chances, out.near, strict=False)
    }
    return found, round(out.trial.accuracy, 4)


def hash_of(ticket: OldTicket) -> int:
    """A number that scatters tickets, the same in every run."""
    return (ticket.place * 2_654_435_761) % 2**32


def _likely(chances: Mapping[Pair, float]) -> dict[Pair, float]:
    likely = {pair: chance for pair, chance in chances.items() if chance >= _LEAST}
    return likely or {max(chances, key=lambda pair: chances[pair]): 0.0}
