"""Waiting in tests: for an event, and never for a time.

Machines differ many times over in speed, from hour to hour. The only bound of a wait is therefore
one that nothing but a program that hangs reaches.
"""

import time
from collections.abc import Callable

HUNG_SECONDS = 60.0


def wait_until(event: Callable[[], object], what: str = "it") -> None:
    """Return once `event` is true; fail when whatever should bring it about must hang."""
    deadline = time.monotonic() + HUNG_SECONDS
    while not event():
        assert time.monotonic() < deadline, f"{what} has not happened in {HUNG_SECONDS:.0f} s"
        time.sleep(0.01)
