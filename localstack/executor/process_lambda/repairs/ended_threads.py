"""LocalStack stops being able to start threads.

Step Functions keeps every thread of every execution in a list, and joins few of them. A thread that
has ended but was not joined keeps its stack: after some fifteen hundred tickets the process had
used its 65,530 memory mappings ("can't start new thread"), and all executions stopped. Repaired:
threads that have ended are joined and removed from the list.
"""

import threading
import time

from localstack.utils.threads import TMP_THREADS

SECONDS = 5.0


def apply() -> None:
    """Start a thread that cleans the list regularly."""
    threading.Thread(target=_tidy, name="ended-threads", daemon=True).start()


def _tidy() -> None:
    while True:
        time.sleep(SECONDS)
        forget_ended()


def forget_ended() -> None:
    """Join the threads that have ended, and remove them from the list."""
    for thread in list(TMP_THREADS):
        # The list also holds pools; and a thread that has not started yet is not alive either.
        begun = isinstance(thread, threading.Thread) and thread.ident is not None
        if begun and not thread.is_alive():
            thread.join()
            TMP_THREADS.remove(thread)
