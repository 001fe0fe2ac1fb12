"""Ends a step's body before Lambda would kill the function for its time."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

# What is left for the body's second run, on less text.
_SPARE_SECONDS = 6.0


class OutOfTime(BaseException):
    """The body has used up its time. Nobody takes it for an error of their own: it is no
    Exception."""


@contextmanager
def time_limit(context: Any) -> Iterator[None]:
    """Raises OutOfTime inside some seconds before the end that Lambda's `context` tells.

    Regular expressions and waits end at once; a native call ends first. Without a context, and
    outside the main thread, where no signal arrives, there is no limit.
    """
    tells = getattr(context, "get_remaining_time_in_millis", None)
    if tells is None or threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGALRM, _end)
    signal.setitimer(signal.ITIMER_REAL, max(tells() / 1000 - _SPARE_SECONDS, 0.001))
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _end(number: int, frame: Any) -> None:
    raise OutOfTime
