"""What is remembered of earlier tickets when a new one is looked at."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

import numpy as np

from deskhand.catalog import phrases as wording
from deskhand.catalog.model import CatalogPhrases
from deskhand.learning.blend import Trial
from deskhand.learning.classifier import Classifier, unpack
from deskhand.learning.neighbours import COUNT, Neighbour, Pair, nearness, votes
from deskhand.learning.words import Floats
from deskhand.settings.provider_chain import OFFLINE
from deskhand.similarity.adapters import minilm
from deskhand.store import classifiers, corrections, examples
from deskhand.store.classifiers import Stored
from deskhand.store.connection import Connection
from deskhand.ticket import TicketText

# A correction decides alone from the second similarity on, and has no special say below the first.
_SIMILAR, _SAME = 0.75, 0.95
# From which cosine on a phrase of the catalog says that a ticket is of its kind: where history
# knows the kind, and where it does not.
_SAID, _LIKE = 0.75, 0.45
_SAY = 0.9
# Of fewer tickets that people judged, nobody can say which confidence comes true.
FEWEST_TRIED = 20
# A model's last answers that people judged say how it is now.
_JUDGED = 2_000
# Without a classifier: from which similarity on known tickets count, and when they decide.
_HEARD, _DECIDING = 0.45, 0.9


@dataclass(frozen=True, slots=True)
class Memory:
    """A ticket's vector, the known tickets nearest to it, and what was learnt of all of them.

    `phrases`: the cosine of the catalog's nearest phrase for each pair.
    """

    vector: Floats
    nearest: tuple[Neighbour, ...] = ()
    classifier: Classifier | None = None
    phrases: Mapping[Pair, float] = field(default_factory=dict)

    def at_home(self, pair: Pair) -> bool:
        """False when the ticket is far from all known tickets, from what people said of others
        with that pair, and from its wording in the catalog; True while nothing was learnt."""
        if self.classifier is None:
            return True
        if nearness([one.similarity for one in self.nearest]) >= self.classifier.home:
            return True
        said = (n.similarity for n in self.nearest if (n.pair, n.source) == (pair, "correction"))
        enough = _SAID if pair in self.classifier.numbers else _LIKE
        return max(said, default=0.0) >= _SIMILAR or self.phrases.get(pair, 0.0) >= enough

    def bar(self, precision: float) -> float | None:
        """The confidence from which on that share of tickets was right; None: not known."""
        if self.classifier is None or len(self.classifier.trial.right) < FEWEST_TRIED:
            return None
        return self.classifier.trial.threshold(precision)[0]

    def learnt(
        self, text: str, allowed: Collection[Pair], more: Sequence[Neighbour]
    ) -> dict[Pair, float] | None:
        """The chance of each allowed pair; None when nothing was learnt about any of them.

        What speaks for a pair that is allowed no more stays a doubt about the others.
        `more` are neighbours from elsewhere, for pairs that no ticket has yet.
        """
        if self.classifier is None or not self.classifier.numbers.keys() & set(allowed):
            return None
        chances = self.classifier.chances(text, self.vector, [*self.nearest, *more])
        within = {pair: chance for pair, chance in chances.items() if pair in allowed}
        return self._corrected(within, self.classifier.through)

    def mixed(self, chances: dict[Pair, float]) -> dict[Pair, float]:
        """The chances that something else gives each pair, moved towards the nearest tickets'."""
        near = [one for one in self.nearest if one.pair in chances]
        if not near:
            return chances
        share = float(np.clip((near[0].similarity - _HEARD) / (_DECIDING - _HEARD), 0, _SAY))
        mixed = {p: c * (1 - share) + share * _voted(near).get(p, 0.0) for p, c in chances.items()}
        return self._corrected(mixed, -1)

    def _corrected(self, chances: dict[Pair, float], through: int) -> dict[Pair, float]:
        """Moved towards corrections that came after `through`: they count at once."""
        fresh = [
            one
            for one in self.nearest
            if one.source == "correction" and one.change > through and one.pair in chances
        ]
        if not fresh:
            return chances
        share = _SAY * float(np.clip((fresh[0].similarity - _SIMILAR) / (_SAME - _SIMILAR), 0, 1))
        voted = _voted(fresh)
        return {p: c * (1 - share) + share * voted.get(p, 0.0) for p, c in chances.items()}


def bar_of(
    conn: Connection, memory: Memory, precision: float, provider: str, model: str
) -> float | None:
    """The confidence from which on that share of a provider's answers was right; None: not known.

    Our own classifier was tried on known tickets; other models are known by what people said of
    their answers.
    """
    if provider == OFFLINE:
        return memory.bar(precision)
    return bar_of_model(conn, precision, provider, model)


def bar_of_model(conn: Connection, precision: float, provider: str, model: str) -> float | None:
    """The confidence from which on that share of a model's answers was right, as people judged
    them; None: too few were judged to know."""
    confidence, right = corrections.judged_predictions(conn, provider, model, _JUDGED)
    if len(right) < FEWEST_TRIED:
        return None
    trial = Trial(np.round(np.array(confidence, np.float32), 4), np.array(right, np.bool_))
    return trial.threshold(precision)[0]


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
    """What is remembered of a ticket's like; without examples, its vector alone.

    What the ticket of that id has taught itself is no evidence for it.
    """
    vector = minilm.direction([ticket])[0]
    literal = examples.literal(vector.tolist())
    rows = examples.nearest(conn, minilm.MODEL, literal, COUNT, beside=ticket_id)
    near = tuple(
        Neighbour(
            row["reference"],
            row["source"],
            (row["category"], row["request_type"]),
            float(row["similarity"]),
            row["change"],
            TicketText(row["subject"], row["body"]).text,
        )
        for row in rows
    )
    return Memory(vector, near, _classifier(conn) if near else None, _nearest_of(phrases, vector))


def _nearest_of(phrases: CatalogPhrases, vector: Floats) -> dict[Pair, float]:
    found: dict[Pair, float] = {}
    for phrase, cosine in zip(phrases.items, wording.matrix(phrases) @ vector, strict=True):
        pair = (phrase.category, phrase.request_type)
        found[pair] = max(found.get(pair, -1.0), float(cosine))
    return found


# The last classifier that this environment read, under its id.
_last: dict[int, Classifier | None] = {}


def _classifier(conn: Connection) -> Classifier | None:
    found = classifiers.newest(conn, next(iter(_last), None))
    if isinstance(found, Stored):
        _last.clear()
        _last[found.id] = unpack(found.weights, found.through, found.report)
    if found is None:
        _last.clear()
        return None
    classifier = next(iter(_last.values()))
    return classifier if classifier and classifier.model == minilm.MODEL else None
