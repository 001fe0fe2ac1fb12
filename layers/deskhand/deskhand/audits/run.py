"""Does the audits that wait. Writes its own row and file: no ticket, event, example or mail."""

import time
from collections.abc import Callable
from typing import Any
from uuid import UUID

from deskhand.audits.audit import Line, TookTooLong, audit
from deskhand.audits.export import unpack
from deskhand.audits.files import put_workbook
from deskhand.audits.keys import key_of
from deskhand.catalog.loaded import in_force
from deskhand.errors import CatalogMissing
from deskhand.logs import log
from deskhand.reports import bucket
from deskhand.settings.environment import settings
from deskhand.store import audits
from deskhand.store.audits import ClaimedAudit
from deskhand.store.connection import Connection, connection, patient

# Of each kind; the summary counts them all.
MAX_FINDINGS = 2_000
_NOTED_EVERY_SECONDS = 5.0
# The time for storing the result.
_RESERVE = 20


def run_audits(remaining: Callable[[], float]) -> dict[str, Any]:
    """Does the oldest waiting audit; returns its id, or None, and how many old ones were deleted.

    One for each call, so that each has all the time of the function.
    """
    with connection() as conn:
        deleted = audits.sweep(conn)
        for audit_id in deleted:
            bucket.delete(key_of(audit_id))
        claimed = audits.claim(conn)
        if claimed:
            _run(conn, claimed, lambda: remaining() - _RESERVE)
    return {"audit": str(claimed.id) if claimed else None, "deleted": len(deleted)}


def _run(conn: Connection, claimed: ClaimedAudit, remaining: Callable[[], float]) -> None:
    line = Line(claimed.confidence, settings().duplicate_link)
    started = time.monotonic()
    try:
        tickets = unpack(claimed.packed)
        found = audit(tickets, in_force(conn), line, remaining, _noting(conn, claimed.id))
    except (TookTooLong, CatalogMissing) as error:
        audits.give_up(conn, claimed.id, str(error))
        return
    # The file first: an audit that is done has one.
    put_workbook(claimed, found)
    with patient(conn, 20):
        is_wanted = audits.finish(conn, claimed.id, _bounded(found))
    if not is_wanted:
        bucket.delete(key_of(claimed.id))
    spent = round(time.monotonic() - started, 1)
    log.info("audit done", extra={"audit": str(claimed.id), "seconds": spent})


def _bounded(found: dict[str, Any]) -> dict[str, Any]:
    """The first findings of each kind."""
    return {
        name: _bounded(each)
        if name == "sla"
        else each[:MAX_FINDINGS]
        if isinstance(each, list)
        else each
        for name, each in found.items()
    }


def _noting(conn: Connection, audit_id: UUID) -> Callable[[float], None]:
    """Stores the progress every few seconds, which also renews the lease."""
    noted = time.monotonic()

    def note(share: float) -> None:
        nonlocal noted
        if time.monotonic() - noted >= _NOTED_EVERY_SECONDS:
            noted = time.monotonic()
            audits.progress(conn, audit_id, share)

    return note
