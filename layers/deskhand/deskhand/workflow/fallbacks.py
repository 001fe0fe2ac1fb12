"""Reprocesses tickets that a fallback provider answered."""

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from deskhand.api.fields import whole
from deskhand.store import fallbacks
from deskhand.store.connection import Connection
from deskhand.store.failed_runs import Operator

AT_ONCE = 500


class Wanted(BaseModel):
    """The maximum number of tickets; a dry run only lists them."""

    model_config = ConfigDict(extra="forbid", strict=True)

    limit: Annotated[int, Field(ge=1, le=AT_ONCE), BeforeValidator(whole)] = 100
    dry_run: bool = False


def reprocess(conn: Connection, wanted: Wanted, operator: Operator) -> dict[str, Any]:
    """Starts new runs of tickets that a fallback provider answered; returns the answer's
    document."""
    # A dry run does the same work and rolls it back, so its answer is exact.
    with conn.transaction(force_rollback=wanted.dry_run):
        tickets = fallbacks.lock_tickets(conn, wanted.limit)
        runs = fallbacks.open_runs(conn, tickets, operator.actor, operator.request_id)
        remaining = fallbacks.count_waiting(conn)
    return {
        "reprocessed": [{"ticket_id": m.ticket_id, "workflow_run_id": m.run_id} for m in runs],
        "count": len(runs),
        "remaining": remaining,
        "dry_run": wanted.dry_run,
    }
