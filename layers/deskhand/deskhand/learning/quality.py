"""The accuracy of triage as judged by people, and the measured quality of the classifier."""

import math
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from deskhand.api import query
from deskhand.api.query import Filters
from deskhand.settings.environment import settings
from deskhand.store import classifiers, corrections
from deskhand.store.connection import Connection

# How much a share says, its interval says.
_Z = 1.959964  # of a normal distribution, 95 % lie within so many standard deviations


class QualityQuery(Filters):
    """The query parameters of `GET /analytics/quality`: days, and the filters of `GET /tickets`."""

    days: Annotated[int, Field(ge=1, le=3650), BeforeValidator(query.digits)] = Field(
        90, description="How far to look back"
    )


def report(conn: Connection, asked: QualityQuery) -> dict[str, Any]:
    """Accuracy, coverage and calibration of the last days, and the active classifier."""
    counted = corrections.quality(conn, asked.days, asked.filter)
    shown = classifiers.summary(conn)
    return {
        "days": asked.days,
        "unmeasured_confidence": settings().unmeasured_confidence,
        "promise": _promise(counted["lately"], settings().routing_precision),
        **_from_people(counted),
        "classifier": _classifier(shown["in_force"], settings().routing_precision),
        "training": _training(shown["in_the_making"]),
    }


def _from_people(counted: dict[str, Any]) -> dict[str, Any]:
    tenths = counted["tenths"]
    judged = counted["judged"]
    off = sum(t["judged"] * abs(t["confidence"] - t["accuracy"]) for t in tenths)
    return {
        "triaged": counted["triaged"],
        "coverage": _share(counted["unattended"], counted["triaged"]),
        **_judged(counted["right"], judged),
        "unattended": _judged(counted["unattended_right"], counted["unattended_judged"]),
        "priorities": _judged(counted["priorities_right"], counted["priorities_judged"]),
        "uncontested": counted["uncontested"],
        "categories": [
            {
                "category": each["category"],
                **_judged(each["right"], each["judged"]),
                "unattended": _judged(each["unattended_right"], each["unattended_judged"]),
            }
            for each in counted["categories"]
        ],
        "calibration_error": round(off / judged, 4) if judged else None,
        "calibration": [
            {
                "from": tenth["tenth"] / 10,
                "judged": tenth["judged"],
                "confidence": round(tenth["confidence"], 4),
                "accuracy": round(tenth["accuracy"], 4),
            }
            for tenth in tenths
        ],
        "providers": [
            {
                "provider": each["provider"],
                "model": each["model"],
                **_judged(each["right"], each["judged"]),
            }
            for each in counted["providers"]
        ],
    }


def _classifier(row: dict[str, Any] | None, precision: float) -> dict[str, Any] | None:
    """The classifier's measurements, and the share of tickets that pass at the wanted precision, by
    the trial that counts; None when no confidence reaches it."""
    if row is None:
        return None
    by_time = row["report"].get("by_time")
    curve = (by_time if by_time and by_time["counts"] else row["report"])["routing"]
    bought = next((point for point in curve if point["precision"] >= precision), None)
    return {
        "examples": row["examples"],
        "trained_at": row["finished_at"],
        "precision": precision,
        "coverage": bought["coverage"] if bought else None,
        **row["report"],
        "by_time": by_time,
    }


def _promise(lately: dict[str, Any], precision: float) -> dict[str, Any]:
    """Whether what passed without a review in the last weeks was right as often as wanted. A share
    whose interval reaches that may be below it by chance."""
    found = _judged(lately["right"], lately["judged"])
    span = found["interval"]
    return {
        "days": corrections.LATELY_DAYS,
        "precision": precision,
        "kept": span["to"] >= precision if span else None,
        **found,
    }


def _training(row: dict[str, Any] | None) -> dict[str, Any] | None:
    if row is None:
        return None
    return {
        "examples": row["examples"],
        "progress": round(row["progress"], 3),
        "started_at": row["started_at"],
    }


def _judged(right: int, judged: int) -> dict[str, Any]:
    """The share that was right, and where the true one lies with 95 % certainty (Wilson)."""
    if judged < corrections.FEWEST_JUDGED:
        reason = f"fewer than {corrections.FEWEST_JUDGED} were judged by people"
        return {"judged": judged, "accuracy": None, "interval": None, "reason": reason}
    return {"judged": judged, "accuracy": _share(right, judged),
            "interval": wilson(right, judged), "reason": None}  # fmt: skip


def wilson(right: int, judged: int) -> dict[str, float]:
    """Wilson's score interval of a share at 95 %: unlike the plain one it stays within 0 and 1."""
    share, square = right / judged, _Z**2
    middle = share + square / (2 * judged)
    reach = _Z * math.sqrt(share * (1 - share) / judged + square / (4 * judged**2))
    low, high = ((middle + sign * reach) / (1 + square / judged) for sign in (-1, 1))
    return {"from": round(max(low, 0), 4), "to": round(min(high, 1), 4)}


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None
