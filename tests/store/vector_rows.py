"""Tickets whose vectors a test chooses."""

from uuid import UUID

from deskhand.store import vectors
from deskhand.store.connection import Connection
from deskhand.store.vectors import TicketVector
from tests import arrange


def along(*parts: float) -> str:
    """A vector of 384 numbers that begins with these."""
    return str([*parts, *[0.0] * (384 - len(parts))])


def stored(conn: Connection, *parts: float, terms: tuple[int, ...] = ()) -> UUID:
    """A ticket with that vector and those terms."""
    ticket_id, _ = arrange.accepted(conn)
    vector = TicketVector(ticket_id, 1, along(*parts), list(terms), [1.0] * len(terms))
    assert vectors.put(conn, "all-MiniLM-L6-v2", [vector]) == 1
    return ticket_id
