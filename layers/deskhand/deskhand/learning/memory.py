"""What earlier tickets contribute to the classification of a new one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

import numpy as np

from deskhand.catalog import phrases as wording
from deskhand.catalog.model import CatalogPhrases
from deskhand.learning.blend import Trial
from deskhand.learning.classifier import Classifier, unpack
from deskhand.learning.neighbours import COUNT, Neighbour, Pair, nearness, votes
from deskhand.learning.vocabulary import Floats
from deskhand.safety.secrets.hiding import hide
from deskhand.settings.provider_chain import OFFLINE
from deskhand.similarity import built_in
from deskhand.store import classifiers, corrections, examples
from deskhand.store.classifiers import Stored
from deskhand.store.connection import Connection
from deskhand.ticket import TicketText

# A correction counts from the first similarity on, and decides alone from the second.
_CORRECTION_COUNTS, _CORRECTION_DECIDES = 0.75, 0.95
# The same for known tickets beside the answers of another source.
_TICKET_COUNTS, _TICKET_DECIDES = 0.45, 0.9
# The least cosine with a phrase of the catalog that identifies a type: for types with known
# tickets, and for types without.
_PHRASE_OF_KNOWN_TYPE, _PHRASE_OF_NEW_TYPE = 0.75, 0.45
# The most that known tickets and corrections weigh, as a share of the result.
_FULL_WEIGHT = 0.9
# Only a model's latest judged answers describe its present accuracy.
_LAST_JUDGED = 2_000


@dataclass(frozen=True, slots=True)
class Memory:
    """A ticket's vector, the nearest known tickets, and the classifier learnt from all of them.

    `phrases`: the cosine of the catalog's nearest phrase for each pair.
    """

    vector: Floats
    nearest: tuple[Neighbour, ...] = ()
    classifier: Classifier | None = None
    phrases: Mapping[Pair, float] = field(default_factory=dict)

    def is_familiar(self, pair: Pair) -> bool:
        """False when the ticket is far from all known tickets, from corrected tickets with that
        pair, and from the pair's wording in the catalog. True without a classifier."""
        if self.classifier is None:
            return True
        if nearness([one.similarity for one in self.nearest]) >= self.classifier.home:
            return True
        said = (n.similarity for n in self.nearest if (n.pair, n.source) == (pair, "correction"))
        enough = _PHRASE_OF_KNOWN_TYPE if pair in self.classifier.numbers else _PHRASE_OF_NEW_TYPE
        return max(said, default=0.0) >= _CORRECTION_COUNTS or self.phrases.get(pair, 0.0) >= enough

    def threshold(self, precision: float, pair: Pair) -> float | None:
        """The confidence threshold at which that share of tickets, of the pair where enough were
        tried, was right; None: not known."""
        if self.classifier is None or len(self.classifier.trial.right) < corrections.FEWEST_JUDGED:
            return None
        return self.classifier.trial.bar(precision, pair)

    def chances(
        self, text: str, worded: Mapping[Pair, float], more: Sequence[Neighbour]
    ) -> dict[Pair, float] | None:
        """The probability of each pair of the catalog; None when nothing was learnt about any.

        `worded` are the pairs' probabilities by their wording, and `more` are additional
        neighbours, for pairs without tickets. A pair that has left the catalog keeps its share of
        the probability, so the confidence of the others is lower.
        """
        if self.classifier is None or not self.classifier.numbers.keys() & worded.keys():
            return None
        chances = self.classifier.chances(text, self.vector, [*self.nearest, *more], worded)
        within = {pair: chance for pair, chance in chances.items() if pair in worded}
        return self._corrected(within, self.classifier.through)

    def move_to_nearest(self, chances: dict[Pair, float]) -> dict[Pair, float]:
        """Another source's probabilities, moved towards those of the nearest tickets."""
        near = [one for one in self.nearest if one.pair in chances]
        if not near:
            return chances
        share = min(_share(near[0], _TICKET_COUNTS, _TICKET_DECIDES), _FULL_WEIGHT)
        mixed = {p: c * (1 - share) + share * _voted(near).get(p, 0.0) for p, c in chances.items()}
        return self._corrected(mixed, -1)

    def _corrected(self, chances: dict[Pair, float], through: int) -> dict[Pair, float]:
        """The probabilities, moved towards corrections made after `through`, so that these count at
        once."""
        fresh = [
            one
            for one in self.nearest
            if one.source == "correction" and one.change > through and one.pair in chances
        ]
        if not fresh:
            return chances
        share = _FULL_WEIGHT * _share(fresh[0], _CORRECTION_COUNTS, _CORRECTION_DECIDES)
        voted = _voted(fresh)
        return {p: c * (1 - share) + share * voted.get(p, 0.0) for p, c in chances.items()}


def _share(nearest: Neighbour, counts: float, decides: float) -> float:
    """0 up to the similarity `counts`, 1 from `decides` on, and in proportion between the two."""
    return float(np.clip((nearest.similarity - counts) / (decides - counts), 0, 1))


def threshold_of(
    conn: Connection, memory: Memory, precision: float, provider: str, model: str, pair: Pair
) -> float | None:
    """The confidence threshold at which that share of a provider's answers was right, among those
    with the pair where enough were judged; None: not known.

    The offline classifier was measured on known tickets; models are measured by people's
    corrections and confirmations.
    """
    if provider == OFFLINE:
        return memory.threshold(precision, pair)
    return threshold_of_model(conn, precision, provider, model, pair)


def threshold_of_model(
    conn: Connection, precision: float, provider: str, model: str, pair: Pair
) -> float | None:
    """The confidence threshold at which that share of a model's answers was right, as judged by
    people; None: too few were judged."""
    judged = corrections.judged_predictions(conn, provider, model, _LAST_JUDGED)
    if len(judged) < corrections.FEWEST_JUDGED:
        return None
    pairs = tuple(dict.fromkeys(one.pair for one in judged))
    trial = Trial(
        np.round(np.array([one.confidence for one in judged], np.float32), 4),
        np.array([one.right for one in judged], np.bool_),
        np.array([pairs.index(one.pair) for one in judged], np.intp),
        pairs,
    )
    return trial.bar(precision, pair)


def _voted(near: Sequence[Neighbour]) -> dict[Pair, float]:
    pairs = list(dict.fromkeys(one.pair for one in near))
    numbers = np.array([[pairs.index(one.pair) for one in near]], np.intp)
    similarities = np.array([[one.similarity for one in near]], np.float32)
    chances = votes(similarities, numbers, len(pairs))[0]
    return dict(zip(pairs, map(float, chances), strict=True))


def recall(
    conn: Connection,
    ticket: TicketText,
    phrases: CatalogPhrases,
    ticket_id: UUID = examples.NOBODY,
) -> Memory:
    """The memory for a ticket; without examples it holds only the ticket's vector.

    Examples learnt from `ticket_id` itself are excluded.
    """
    vector = built_in.direction(phrases.model, [ticket])[0]
    literal = examples.literal(vector.tolist())
    rows = examples.nearest_examples(conn, phrases.model, literal, COUNT, beside=ticket_id)
    near = tuple(
        Neighbour(
            row["reference"],
            row["source"],
            (row["category"], row["request_type"]),
            float(row["similarity"]),
            row["change"],
            hide(TicketText(row["subject"], row["body"]).text),
        )
        for row in rows
    )
    known = _classifier(conn, phrases.model) if near else None
    return Memory(vector, near, known, _nearest_of(phrases, vector))


def _nearest_of(phrases: CatalogPhrases, vector: Floats) -> dict[Pair, float]:
    found: dict[Pair, float] = {}
    for phrase, cosine in zip(phrases.items, wording.matrix(phrases) @ vector, strict=True):
        pair = (phrase.category, phrase.request_type)
        found[pair] = max(found.get(pair, -1.0), float(cosine))
    return found


# The last classifier that this environment read, under its id.
_last: dict[int, Classifier | None] = {}


def _classifier(conn: Connection, model: str) -> Classifier | None:
    found = classifiers.newest(conn, next(iter(_last), None))
    if isinstance(found, Stored):
        _last.clear()
        _last[found.id] = unpack(found.weights, found.through, found.report)
    if found is None:
        _last.clear()
        return None
    classifier = next(iter(_last.values()))
    return classifier if classifier and classifier.model == model else None
