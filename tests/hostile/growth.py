"""How the work of reading a text grows with the text: compared, never held against a clock."""

import gc
import time
from collections.abc import Callable

# What explodes does so between the first ones; the last ones are for squares.
SIZES = (16, 24, 40, 64, 256, 1024, 4096)
# Work may grow twice as fast as the text; a square grows four times as fast from step to step.
_ROOM = 2.0
# Differences below this are the machine's.
_SECONDS = 0.0002
_TRIES = 4
# A read that takes longer is not noise, and is not repeated.
_LONG_SECONDS = 1.0


def outgrown(read: Callable[[str], object], text: Callable[[int], str]) -> str:
    """Why the work grows faster than the text, empty where it does not."""
    previous = SIZES[0]
    before = max(least_seconds(read, text(previous), _TRIES), _SECONDS)
    for size in SIZES[1:]:
        made = text(size)
        most = _ROOM * size / previous
        cost = least_seconds(read, made, 1)
        for tries in range(2, _TRIES + 1):
            if cost <= most * before or cost > _LONG_SECONDS:
                break
            before = max(before, least_seconds(read, text(previous), tries))
            cost = min(cost, least_seconds(read, made, tries))
        if cost > most * before:
            return f"{cost / before:.0f} times the work from {previous} to {size} characters"
        before, previous = max(cost, _SECONDS), size
    return ""


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
