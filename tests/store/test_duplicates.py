"""Twins at the same moment, by the code of the steps: one original, no chain, no deadlock."""

import os
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from multiprocessing.synchronize import Barrier
from uuid import UUID

from deskhand.duplicates.detect import judge, store_found
from deskhand.errors import OriginalUnsettled
from deskhand.settings.environment import Settings
from deskhand.similarity.tickets import similar_tickets
from deskhand.store import duplicates, embedding_models, steps, suggestions, vectors
from deskhand.store.connection import Connection, open_connection
from deskhand.store.steps import Outcome
from deskhand.store.suggestions import Suggestion
from deskhand.store.vectors import TicketVector
from tests import arrange, journeys
from tests.functions.operations.invariants import broken
from tests.patience import HUNG_SECONDS
from tests.processes import forked, take_over
from tests.store.vector_rows import along, stored

GROUPS = 100
AT_ONCE = 4


type Run = tuple[UUID, int]


def test_twins_at_the_same_moment_have_exactly_one_original(
    database: str, conn: Connection
) -> None:
    """F-F3: four processes look at four twins of a text at once, group after group."""
    groups = [
        [arrange.accepted(conn, subject=f"Printer {n}") for _ in range(AT_ONCE)]
        for n in range(GROUPS)
    ]
    # The youngest are looked at first as often as the oldest.
    for n, group in enumerate(groups):
        group.sort(reverse=bool(n % 2))
    _together(database, groups)
    for group in groups:
        oldest = min(ticket_id for ticket_id, _ in group)
        rows = conn.execute(
            "SELECT id, duplicate_of FROM tickets WHERE id = ANY (%s)", [[i for i, _ in group]]
        ).fetchall()
        assert {row["duplicate_of"] for row in rows if row["id"] != oldest} == {oldest}
        assert [row["id"] for row in rows if row["duplicate_of"] is None] == [oldest]
    assert broken() == {}


def _together(database: str, groups: Sequence[Sequence[Run]]) -> None:
    context = forked()
    barrier = context.Barrier(AT_ONCE)
    lanes = [[group[n] for group in groups] for n in range(AT_ONCE)]
    twins = [context.Process(target=_twin, args=(database, barrier, lane)) for lane in lanes]
    for twin in twins:
        twin.start()
    for twin in twins:
        twin.join(HUNG_SECONDS)
    assert [twin.exitcode for twin in twins] == [0] * AT_ONCE


def _twin(database: str, barrier: Barrier, lane: Sequence[Run]) -> None:
    """Looks at one twin of each group; the group's number is its direction in space."""
    take_over({**os.environ, "DATABASE_URL": database})
    with open_connection(database) as conn:
        model = embedding_models.serving_model(conn)
        for number, (ticket_id, run_id) in enumerate(lane):
            direction = along(*[0.0] * number, 1)
            journeys.step(conn, run_id, 1, "validate_ticket")
            barrier.wait(HUNG_SECONDS)
            ticket = steps.open_step(conn, run_id, 1, "detect_duplicates", 0).ticket
            seen = TicketVector(ticket_id, 1, direction, [], [])
            vectors.put(conn, model.model, [seen])
            near = similar_tickets(
                conn, model, seen, "original", ticket.created_at.replace(year=2020)
            )
            same = [each.found.ticket_id for each in near if each.found.cosine > 0.9]
            found = judge(ticket, near, same, Settings(), freed=False)
            outcome = Outcome(
                {"duplicate": bool(found.older)},
                {"originals": [str(each) for each in found.older]},
                apply=partial(store_found, read=ticket, found=found),
            )
            steps.close_step(conn, run_id, 1, "detect_duplicates", 0, outcome, 0.1)
            while found.older and not _linked(conn, ticket_id, found.older):
                pass


def _linked(conn: Connection, ticket_id: UUID, older: Sequence[UUID]) -> bool:
    """Whether it worked out; the state machine asks again where it did not."""
    original = duplicates.oldest_original(conn, ticket_id, older)
    assert original is not None
    with suppress(OriginalUnsettled), conn.transaction():
        duplicates.link(conn, ticket_id, original)
        return True
    return False


def test_what_people_unlinked_is_not_claimed(conn: Connection) -> None:
    """F-F3"""
    older, younger = stored(conn, 1), stored(conn, 1)
    conn.execute('UPDATE tickets SET provenance = \'{"duplicate_of": "human"}\'')
    duplicates.link_younger(conn, older, [younger])
    assert conn.execute("SELECT FROM tickets WHERE duplicate_of IS NOT NULL").fetchall() == []


def test_a_duplicate_claims_nothing(conn: Connection) -> None:
    """F-F3"""
    first, second, third = (stored(conn, 1) for _ in range(3))
    duplicates.link_younger(conn, first, [second])
    duplicates.link_younger(conn, second, [third])
    rows = conn.execute("SELECT id FROM tickets WHERE duplicate_of IS NULL ORDER BY id").fetchall()
    assert [row["id"] for row in rows] == [first, third]


def test_suggestions_replace_the_ones_before(conn: Connection) -> None:
    first, second, third = (stored(conn, 1) for _ in range(3))
    gone = UUID(int=7)
    before = [Suggestion(second, 0.85, 1.2, 1, 1), Suggestion(gone, 0.9, 1.3, 1, 1)]
    suggestions.suggest(conn, first, before)
    suggestions.suggest(conn, first, [Suggestion(third, 0.88, 1.1, 1, 1)])
    rows = conn.execute("SELECT ticket_id, similar_id FROM duplicate_suggestions").fetchall()
    assert [(row["ticket_id"], row["similar_id"]) for row in rows] == [(first, third)]
