"""LocalStack keeps running after it was stopped.

A service that loads while LocalStack stops, as CloudWatch does at the first metric of a function,
starts threads that are never ended, and the process waits for them without limit. Stopping many
functions one after the other is slow as well. Repaired: the process ends itself some seconds after
it should have ended. Its state is in memory only, so nothing is lost.
"""

import os
import threading
import time

from localstack.runtime import events

_STOPPING_SECONDS = 6.0
_GRACE_SECONDS = 1.0


def apply() -> None:
    """Start a thread that waits for the end."""
    threading.Thread(target=_exit_after_stop, name="prompt-exit", daemon=True).start()


def _exit_after_stop() -> None:
    events.infra_stopping.wait()
    events.infra_stopped.wait(_STOPPING_SECONDS)
    time.sleep(_GRACE_SECONDS)
    os._exit(0)
