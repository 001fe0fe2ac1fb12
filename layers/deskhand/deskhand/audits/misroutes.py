"""Tickets that were probably routed to the wrong place, by expected gain."""

from collections.abc import Sequence
from typing import Any

from deskhand.audits.export import OldTicket, reference_of
from deskhand.audits.predictions import Prediction
from deskhand.learning.neighbours import Pair


def misroutes(
    tickets: Sequence[OldTicket],
    stored: Sequence[tuple[Pair, ...]],
    predictions: Sequence[Prediction],
    confidence: float,
) -> list[dict[str, Any]]:
    """The tickets whose predicted pair differs from the stored one with at least `confidence`.

    The expected gain is how much likelier the prediction is than what is stored: their sum is the
    number of tickets that would be routed better. The highest comes first.
    """
    found = []
    for ticket, pairs, prediction in zip(tickets, stored, predictions, strict=True):
        best = prediction.best
        chance = prediction.chances[best]
        if not pairs or best in pairs or chance < confidence:
            continue
        kept = prediction.chance(pairs)
        found.append(
            {
                **reference_of(ticket),
                "category": pairs[0][0],
                "request_type": pairs[0][1] if len(pairs) == 1 else "",
                "predicted_category": best[0],
                "predicted_request_type": best[1],
                "confidence": round(chance, 4),
                "stored_confidence": round(kept, 4),
                "expected_gain": round(chance - kept, 4),
                "calibrated": prediction.learnt,
            }
        )
    # Calibrated ones first: the confidence of the others only ranks.
    return sorted(
        found, key=lambda row: (not row["calibrated"], -row["expected_gain"], row["place"])
    )
