"""How work grows with the size of what is given: the one place where tests compare times.

Two calls are compared with each other, never one with a clock. Each is measured as the processor
time of this thread, and the best of several rounds counts, so that a busy machine does no harm.
"""

import time
from collections.abc import Callable

import pytest

# Four times the size: linear work takes 4 times as long, quadratic work 16 times.
_FACTOR = 4
_ROOM = 2
_ROUNDS = 12


def assert_linear(work: Callable[[int], object], size: int) -> None:
    """Fail unless `work(size)` takes about four times as long as `work(size // 4)`."""
    small = large = float("inf")
    for _ in range(_ROUNDS):
        small = min(small, _seconds(work, size // _FACTOR))
        large = min(large, _seconds(work, size))
        if large <= _FACTOR * _ROOM * small:
            return
    pytest.fail(f"four times the size takes {large / small:.1f} times as long, each time")


def _seconds(work: Callable[[int], object], size: int) -> float:
    start = time.thread_time()
    work(size)
    return time.thread_time() - start
