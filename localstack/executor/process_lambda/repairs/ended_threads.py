"""LocalStack can start threads for as long as it runs.

Step Functions keeps every thread of every execution in a list, and joins few of them. A thread that
has ended and was not joined keeps its stack: after some fifteen hundred tickets the process had
used up its 65,530 memory mappings, "can't start new thread", and no execution moved any more.
Repaired: those that have ended are joined and taken from the list.
"""

import threading
import time

from localstack.utils.threads import TMP_THREADS

SECONDS = 5.0


def apply() -> None:
    """Look at the list in the background, again and again."""
    threading.Thread(target=_tidy, name="ended-threads", daemon=True).start()


def _tidy() -> None:
    while True:
        time.sleep(SECONDS)
        forget_ended()


def forget_ended() -> None:
    """Join the threads that have ended, and take them from the list."""
    for thread in list(TMP_THREADS):
        # Pools are in the list, too, and one that has not begun is not alive either.
        begun = isinstance(thread, threading.Thread) and thread.ident is not None
        if begun and not thread.is_alive():
            thread.join()
            TMP_THREADS.remove(thread)
