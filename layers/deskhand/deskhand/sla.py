"""When a ticket is due: a pure function of when it came in and what the catalog promises."""

from datetime import datetime, timedelta

from deskhand.catalog import Sla


def due_at(received_at: datetime, promise: Sla | None) -> datetime | None:
    """The end of the promised time, around the clock; None without a promise, at once for 0."""
    if promise is None:
        return None
    return received_at + timedelta(**{promise.unit: promise.value})
