"""Makes tickets searchable that an older release stored."""

import time

from deskhand.safety.secrets.hiding import searchable_text
from deskhand.store import search
from deskhand.store.connection import Connection, patient

# So many are locked at once, for a second or so.
BATCH = 200


def make_searchable(conn: Connection, seconds: float) -> int:
    """Stores what a search reads of such tickets, newest first, for about `seconds`; returns of how
    many."""
    deadline, made = time.monotonic() + seconds, 0
    while time.monotonic() < deadline and (now := _batch(conn)):
        made += now
    return made


def _batch(conn: Connection) -> int:
    with patient(conn, 50):
        rows = search.lock_unsearchable(conn, BATCH)
        for row in rows:
            search.store_words(conn, row["id"], searchable_text(row))
    return len(rows)
