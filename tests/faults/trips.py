"""Round trips between functions and what they call, and what may befall one of them."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

type Layer = Literal["sql", "aws"]


class Fault(StrEnum):
    """What a proxy does to a round trip; the value is what tables show."""

    CUT_BEFORE = "cut before"  # the request never reaches the server
    CUT_AFTER = "cut after"  # the server has done it, its answer is lost
    KILL_BEFORE = "killed before"  # as above, and the function's process is gone
    KILL_AFTER = "killed after"
    TORN_REQUEST = "torn request"  # half of it arrives
    TORN_REPLY = "torn reply"
    # What only AWS calls meet:
    REFUSED = "refused"  # 500
    THROTTLED = "throttled"  # 400, not done
    THRICE = "done thrice"
    SWALLOWED = "swallowed"  # answered as done, never done


EVERYWHERE = (Fault.CUT_BEFORE, Fault.CUT_AFTER, Fault.KILL_BEFORE, Fault.KILL_AFTER)
AWS_ONLY = (Fault.REFUSED, Fault.THROTTLED)


@dataclass(frozen=True)
class Trip:
    """One statement (up to the answer that the server is ready again) or one AWS call."""

    function: str
    layer: Layer
    what: str


# Called before the request is passed on; may take its time, which delays the request.
type Ask = Callable[[Trip], Fault | None]
