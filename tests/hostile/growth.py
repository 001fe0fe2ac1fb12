"""How the work of reading a text grows with the text: compared, never held against a clock."""

import gc
import time
from collections.abc import Callable

# What explodes does so between the first ones; the last ones are for squares.
SIZES = (16, 24, 40, 64, 256, 1024, 4096)
# Work may grow twice as fast as the text; a square grows four times as fast from step to step.
_ROOM = 2.0
# Differences below this are the machine's.
_SECONDS = 0.001
# Only what stays too slow in so many tries has grown.
_TRIES = 40
# A read that takes longer is not noise, and is not repeated.
_LONG_SECONDS = 1.0


def outgrown(read: Callable[[str], object], text: Callable[[int], str]) -> str:
    """Why the work grows faster than the text, empty where it does not."""
    previous = SIZES[0]
    before = _cost(read, text(previous))
    for size in SIZES[1:]:
        most = _ROOM * size / previous
        cost = _cost(read, text(size))
        if _LONG_SECONDS > cost > most * before:
            before, cost = _least_of_both(read, text(previous), text(size), most)
        if cost > most * before:
            return f"{cost / before:.0f} times the work from {previous} to {size} characters"
        before, previous = cost, size
    return ""


def _least_of_both(
    read: Callable[[str], object], smaller: str, larger: str, most: float
) -> tuple[float, float]:
    """Both costs again, tried in turn: a while in which the machine is slow meets both."""
    before, cost = _cost(read, smaller), _cost(read, larger)
    for _ in range(_TRIES):
        if cost <= most * before:
            break
        before = min(before, _cost(read, smaller))
        cost = min(cost, _cost(read, larger))
    return before, cost


def _cost(read: Callable[[str], object], text: str) -> float:
    return max(_SECONDS, least_seconds(read, text, 1))


def least_seconds(read: Callable[[str], object], text: str, tries: int) -> float:
    """The least processor time of some tries: what else runs on the machine only adds to it."""
    costs = []
    # A collection looks at all that the whole test run has made: that is not the reader's work.
    gc.disable()
    try:
        for _ in range(tries):
            started = time.process_time()
            read(text)
            costs.append(time.process_time() - started)
    finally:
        gc.enable()
    return min(costs)
