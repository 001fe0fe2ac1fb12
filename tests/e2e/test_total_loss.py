"""LocalStack killed and empty: queue, executions and functions are gone, the tickets are not."""

import os
import signal
import threading

from embedded.stack import up
from embedded.target import target
from tests.e2e.conftest import INSTANCE, Stack, eventually

OPEN = "SELECT count(*) AS n FROM runs WHERE status IN ('PENDING', 'IN_PROGRESS')"


def test_accepted_tickets_are_finished_after_a_kill(stack: Stack) -> None:
    """F-C2"""
    accepted = [stack.post(f"Cannot log in, attempt {n}").json()["ticket_id"] for n in range(40)]
    assert stack.sql(OPEN)[0]["n"] > 0, "all tickets were through before the kill"
    # Killed while `up` already looks: the worst moment, since it still seems to run.
    localstack = stack.target["pids"]["localstack"]
    os.kill(localstack, signal.SIGSTOP)
    threading.Timer(1, os.kill, (localstack, signal.SIGKILL)).start()
    up(INSTANCE)
    stack.moved(target(INSTANCE))
    eventually(lambda: stack.sql(OPEN)[0]["n"] == 0 or None)
    ended = stack.sql(
        "SELECT r.status, count(*) AS n FROM runs r WHERE r.ticket_id = ANY(%s::uuid[])"
        " GROUP BY r.status",
        accepted,
    )
    assert ended == [{"status": "COMPLETED", "n": 40}]
