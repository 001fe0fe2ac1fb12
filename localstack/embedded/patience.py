"""A time limit that counts only time without progress, so slow machines are not cut off."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass
class Patience:
    """Ends when nothing has changed for `seconds`."""

    seconds: float
    clock: Callable[[], float] = time.monotonic
    _seen: object = None
    _since: float = field(init=False)

    def __post_init__(self) -> None:
        """Start the wait now."""
        self._since = self.clock()

    def has_ended(self, seen: object) -> bool:
        """Return whether `seen` has been the same for too long."""
        if seen != self._seen:
            self._seen, self._since = seen, self.clock()
        return self.clock() - self._since > self.seconds
