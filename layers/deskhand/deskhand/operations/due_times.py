"""Verifies stored due times by recalculating them from the tickets' event logs."""

from uuid import UUID

from deskhand.catalog import loaded
from deskhand.sla.stored_due_time import ticket_schedule
from deskhand.store import sla
from deskhand.store.connection import Connection
from deskhand.store.invariants.check import SHOWN_IDS, Offenders

NAME = "due_time_is_what_a_replay_says"
PROMISE = "The due times of the newest 1,000 tickets are those that a replay of their events finds"
_NEWEST = 1000


def wrong_due_times(conn: Connection) -> Offenders:
    """Tickets whose stored due time or next escalation differs from a new calculation.

    Tickets that wait for a recalculation are skipped. So are tickets with an open run, because
    their type may have changed since the last calculation.
    """
    wrong = [
        str(each)
        for each, by in sla.newest_with_due_time(conn, _NEWEST)
        if _differs(conn, each, by)
    ]
    return Offenders(len(wrong), sorted(wrong)[:SHOWN_IDS])


def _differs(conn: Connection, ticket_id: UUID, version: str) -> bool:
    known = loaded.document_of(conn, version)
    found = ticket_schedule(conn, ticket_id, known)
    kept = (found.clock.due_at, found.clock.escalate_at)
    return kept != (found.schedule.due_at, found.schedule.escalate_at)
