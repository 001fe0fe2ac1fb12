"""The whole audit of an export: from tickets to findings, without a database."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from deskhand.audits.clusters import clusters
from deskhand.audits.export import OldTicket
from deskhand.audits.gaps import gaps
from deskhand.audits.misroutes import misroutes
from deskhand.audits.predictions import Predictions, Progress, predict
from deskhand.audits.sla_gaps import sla_gaps
from deskhand.audits.stored_pairs import StoredPairs, stored_pairs
from deskhand.catalog.loaded import LoadedCatalog
from deskhand.learning.vocabulary import Floats
from deskhand.similarity import built_in

_PAGE = 128
# The shares of the work: reading the texts, predicting, and all the rest.
_READ, _PREDICTED = 0.5, 0.9


class TookTooLong(Exception):
    """The time is over before the texts were read."""


@dataclass(frozen=True, slots=True)
class Line:
    """What counts as a finding: the confidence of a misroute, the cosine of duplicates."""

    confidence: float
    duplicate: float


def audit(
    tickets: Sequence[OldTicket],
    loaded: LoadedCatalog,
    line: Line,
    remaining: Callable[[], float],
    progress: Progress = lambda _: None,
) -> dict[str, Any]:
    """All findings and a summary. `remaining` returns the seconds left; raises TookTooLong."""
    vectors = _vectors(
        tickets, loaded.phrases.model, remaining, lambda share: progress(share * _READ)
    )
    stored = stored_pairs(tickets, loaded.catalog)
    within = remaining() * _PREDICTED
    predictions = predict(
        tickets,
        vectors,
        stored.of,
        loaded,
        within,
        lambda share: progress(_READ + share * (_PREDICTED - _READ)),
    )
    progress(_PREDICTED)
    found = {
        "misroutes": misroutes(tickets, stored.of, predictions.of, line.confidence),
        "clusters": clusters(tickets, vectors, line.duplicate),
        "sla": sla_gaps(tickets, stored.of, loaded.catalog),
        "gaps": gaps(tickets, vectors, predictions.of, loaded.phrases),
        "unknown_pairs": stored.unknown,
    }
    return {"summary": _summary(found, stored, predictions, loaded.catalog.version), **found}


def _vectors(
    tickets: Sequence[OldTicket],
    model: str,
    remaining: Callable[[], float],
    progress: Progress,
) -> Floats:
    pages = []
    start = remaining()
    for first in range(0, len(tickets), _PAGE):
        if remaining() < start * (1 - _READ) / 2:
            raise TookTooLong(f"only {first:,} of {len(tickets):,} texts were read in time")
        pages.append(
            built_in.direction(model, [each.text for each in tickets[first : first + _PAGE]])
        )
        progress(first / len(tickets))
    return np.concatenate(pages)


def _summary(
    found: dict[str, Any], stored: StoredPairs, predictions: Predictions, version: str
) -> dict[str, Any]:
    calibrated = [each for each in found["misroutes"] if each["calibrated"]]
    return {
        "tickets": len(stored.of),
        "with_pair": sum(len(pairs) == 1 for pairs in stored.of),
        "with_category": sum(len(pairs) > 1 for pairs in stored.of),
        "without_pair": sum(not pairs for pairs in stored.of),
        "predicted_by_export": predictions.learnt,
        # How often the stored pair is the predicted one; None: too few tickets have a pair.
        "agreement": predictions.accuracy,
        "misroutes": len(found["misroutes"]),
        "expected_gain": round(sum(each["expected_gain"] for each in calibrated), 1),
        "clusters": len(found["clusters"]),
        "duplicates": sum(each["tickets"] - 1 for each in found["clusters"]),
        "without_sla": sum(each["tickets"] for each in found["sla"]["without"]),
        "missed": len(found["sla"]["missed"]),
        "differing": len(found["sla"]["differing"]),
        "gaps": len(found["gaps"]),
        "catalog_version": version,
    }
