"""Texts that fit nothing in the catalog, in groups that show what is missing."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from deskhand.audits.clusters import leaders_of
from deskhand.audits.export import OldTicket, reference_of
from deskhand.audits.predictions import Prediction
from deskhand.catalog import phrases as wording
from deskhand.catalog.model import CatalogPhrases
from deskhand.learning.vocabulary import Floats
from deskhand.triage.likely import FITS_FROM

# The cosine below which no phrase of the catalog says what the ticket says: the middle of the
# offline classifier's scale.
FAR = 0.33
# Of one theme: looser than duplicates, and without a look at words or identifiers.
_THEME = 0.5
_BLOCK = 1024


def gaps(
    tickets: Sequence[OldTicket],
    vectors: Floats,
    predictions: Sequence[Prediction],
    phrases: CatalogPhrases,
) -> list[dict[str, Any]]:
    """The tickets far from all phrases of the catalog, and unlike those of the export that have a
    place; `theme` numbers the groups, the largest first."""
    nearest = _nearest(vectors, phrases)
    numbers = [n for n, each in enumerate(predictions) if nearest[n] < FAR and not _known(each)]
    theme = _themes(vectors[numbers])
    sizes = np.bincount(theme, minlength=1)
    rank = {int(old): new for new, old in enumerate(np.argsort(-sizes, kind="stable"), 1)}
    found = [
        {
            **reference_of(tickets[number]),
            "theme": rank[int(group)],
            "tickets": int(sizes[group]),
            "nearest": round(float(nearest[number]), 4),
        }
        for number, group in zip(numbers, theme, strict=True)
    ]
    return sorted(found, key=lambda row: (row["theme"], row["place"]))


def _known(prediction: Prediction) -> bool:
    """Whether other tickets of the export show where it belongs."""
    certain = not prediction.learnt or prediction.chances[prediction.best] >= FITS_FROM
    return prediction.at_home and certain


def _nearest(vectors: Floats, phrases: CatalogPhrases) -> Floats:
    """The cosine of each ticket with the nearest phrase."""
    matrix = wording.matrix(phrases).T
    blocks = [
        (vectors[start : start + _BLOCK] @ matrix).max(axis=1)
        for start in range(0, len(vectors), _BLOCK)
    ]
    return np.concatenate(blocks) if blocks else np.empty(0, np.float32)


def _themes(vectors: Floats) -> np.ndarray:
    """The number of each ticket's group."""
    followed = leaders_of(vectors, _THEME, lambda _number, _leader: True)
    leaders = [n for n in range(len(vectors)) if n not in followed]
    numbers = {leader: number for number, leader in enumerate(leaders)}
    return np.array(
        [numbers[followed[n][0] if n in followed else n] for n in range(len(vectors))], np.intp
    )
