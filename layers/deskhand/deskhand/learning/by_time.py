"""The trial by time: what was learnt from older tickets is asked about the newest ones.

A trial by hash asks about tickets of the same time as those that were learnt. Where products, words
and people change, it promises more than comes true.
"""

import math
from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deskhand.learning.blend import Trial

# The newest part that is held out.
_PART = 0.2
# As many dated tickets are needed, and this share of all: the others may be of any time.
_FEWEST, _MOSTLY = 100, 0.8
# The standard deviations by which a trial must be worse than another to be so by more than chance.
_UNLIKELY = 2.0


def newest_part(
    judged: NDArray[np.bool_], happened: NDArray[np.floating[Any]] | None
) -> NDArray[np.bool_] | None:
    """The newest judged tickets, by when they came in, in seconds; None where too few have a date,
    or all have the same."""
    if happened is None:
        return None
    dated = judged & ~np.isnan(happened)
    if dated.sum() < max(_FEWEST, _MOSTLY * judged.sum()):
        return None
    newest: NDArray[np.bool_] = dated & (happened > np.quantile(happened[dated], 1 - _PART))
    return newest if newest.any() else None


def is_worse(by_time: Trial, usual: Trial) -> bool:
    """Whether fewer were right by time than chance explains."""
    share = usual.accuracy
    spread = math.sqrt(share * (1 - share) / max(len(by_time.right), 1))
    return by_time.accuracy < share - _UNLIKELY * spread


def figures(by_time: Trial, since: float, counts: bool) -> dict[str, Any]:
    """The trial for the report; `since` is when the newest part begins, `counts` says whether
    triage goes by this trial."""
    return {
        "since": datetime.fromtimestamp(since, UTC).isoformat(),
        "tried": len(by_time.right),
        "accuracy": round(by_time.accuracy, 4),
        "calibration_error": round(by_time.calibration_error, 4),
        "routing": by_time.routing(),
        "counts": counts,
    }
