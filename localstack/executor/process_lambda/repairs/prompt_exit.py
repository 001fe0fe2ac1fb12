"""LocalStack stays alive after it was stopped.

A service that loads while LocalStack stops, as CloudWatch does at the first metric of a function,
starts threads that nobody ends any more, and the process waits for them for ever. Repaired: when
LocalStack has said that it has stopped and the process is still there after some seconds, it ends
itself. Its state is in memory only, so nothing is lost.
"""

import os
import threading
import time

from localstack.runtime import events

_GRACE_SECONDS = 2.0


def apply() -> None:
    """Watch for the end in the background."""
    threading.Thread(target=_exit_after_stop, name="prompt-exit", daemon=True).start()


def _exit_after_stop() -> None:
    events.infra_stopped.wait()
    time.sleep(_GRACE_SECONDS)
    os._exit(0)
