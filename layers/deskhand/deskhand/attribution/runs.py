"""Starts runs of attribution: one at a time, by a person or by the schedule."""

from typing import Any

from deskhand.intake.send import send_now
from deskhand.logs import log
from deskhand.store import attribution
from deskhand.store.connection import Connection, connection
from deskhand.store.outbox import AnyMessage

SCHEDULE = "schedule"


class RunOpen(Exception):
    """Another run is open; `run_id` names it."""

    def __init__(self, run_id: int) -> None:
        super().__init__(f"run {run_id} is still open")
        self.run_id = run_id


def open_run(conn: Connection, started_by: str, request_id: str) -> AnyMessage:
    """Opens a run, whose message is now in the outbox; raises RunOpen."""
    while (message := attribution.start(conn, started_by, request_id)) is None:
        # The open run may have ended between the two statements.
        if (run_id := attribution.open_run(conn)) is not None:
            raise RunOpen(run_id)
    return message


def tick(request_id: str) -> dict[str, Any]:
    """Opens a run and sends its message; while another one is open, only notes that."""
    with connection() as conn:
        try:
            message = open_run(conn, SCHEDULE, request_id)
        except RunOpen as open_one:
            attribution.note_skipped(conn, open_one.run_id, SCHEDULE)
            log.warning("a run is still open", extra={"run_id": open_one.run_id})
            return {"started": None, "open": open_one.run_id}
        send_now(conn, [message])
    log.info("attribution started", extra={"run_id": message.run_id})
    return {"started": message.run_id, "open": message.run_id}
