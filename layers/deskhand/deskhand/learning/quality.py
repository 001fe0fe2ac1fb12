"""The accuracy of triage as judged by people, and the measured quality of the classifier."""

import math
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from deskhand.api import query
from deskhand.settings.environment import settings
from deskhand.store import classifiers, corrections
from deskhand.store.connection import Connection

# Standard deviations below the promise that are no chance any more.
_UNLIKELY = 2.0


class QualityQuery(BaseModel):
    """The query parameters of `GET /analytics/quality`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    days: Annotated[int, Field(ge=1, le=3650), BeforeValidator(query.digits)] = Field(
        90, description="How far to look back"
    )


def report(conn: Connection, days: int) -> dict[str, Any]:
    """Accuracy, coverage and calibration of the last `days`, and the active classifier."""
    counted = corrections.quality(conn, days)
    shown = classifiers.summary(conn)
    return {
        "days": days,
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
        "judged": judged,
        "accuracy": _share(counted["right"], judged),
        "unattended": {
            "judged": counted["unattended_judged"],
            "accuracy": _share(counted["unattended_right"], counted["unattended_judged"]),
        },
        "priorities": {
            "judged": counted["priorities_judged"],
            "accuracy": _share(counted["priorities_right"], counted["priorities_judged"]),
        },
        "uncontested": counted["uncontested"],
        "categories": [
            {
                "category": each["category"],
                "judged": each["judged"],
                "accuracy": _share(each["right"], each["judged"]),
                "unattended": {
                    "judged": each["unattended_judged"],
                    "accuracy": _share(each["unattended_right"], each["unattended_judged"]),
                },
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
                "judged": each["judged"],
                "accuracy": _share(each["right"], each["judged"]),
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
    """Whether what passed without a review was right as often as wanted, in the last weeks."""
    judged, right = lately["judged"], lately["right"]
    share = right / judged if judged else 0.0
    # A little below the wanted share may be chance.
    spread = _UNLIKELY * math.sqrt(precision * (1 - precision) / max(judged, 1))
    return {
        "days": corrections.LATELY_DAYS,
        "precision": precision,
        "judged": judged,
        "accuracy": _share(right, judged),
        "kept": share >= precision - spread if judged >= corrections.FEWEST_JUDGED else None,
    }


def _training(row: dict[str, Any] | None) -> dict[str, Any] | None:
    if row is None:
        return None
    return {
        "examples": row["examples"],
        "progress": round(row["progress"], 3),
        "started_at": row["started_at"],
    }


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None
