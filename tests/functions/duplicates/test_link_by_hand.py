"""PUT /tickets/{id}/duplicate: a person says which older ticket tells of the same."""

from uuid import UUID

import pytest

from deskhand.store import duplicates
from deskhand.store.connection import Connection, open_connection
from tests import arrange, journeys
from tests.functions.duplicates.alike import SAME, VPN, read, triaged
from tests.functions.gateway import Answer, call
from tests.functions.operations.invariants import broken
from tests.functions.tickets.requests import edits_of, patch, pointers

pytestmark = pytest.mark.usefixtures("aws", "catalog")

UNKNOWN = "00000000-0000-7000-8000-000000000000"


def link(ticket_id: object, original: object, **headers: str) -> Answer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return call(
        "PUT", f"/tickets/{ticket_id}/duplicate", {"original": str(original)}, headers=named
    )


def unlink(ticket_id: object) -> Answer:
    return call("DELETE", f"/tickets/{ticket_id}/duplicate")


def opened(conn: Connection, number: int) -> list[UUID]:
    """Tickets that triage has opened, the oldest first."""
    runs = [arrange.accepted(conn) for _ in range(number)]
    for _, run_id in runs:
        journeys.finish(conn, run_id)
    return [ticket_id for ticket_id, _ in runs]


def test_it_is_linked_and_keeps_its_own_triage(conn: Connection) -> None:
    """F-F3"""
    first, second = opened(conn, 2)
    answer = link(second, first, If_Match='"3"')
    assert (answer.status, answer.headers["ETag"]) == (200, '"4"')
    assert answer.body["duplicate_of"] == str(first)
    assert (answer.body["provenance"]["duplicate_of"], answer.body["status"]) == ("human", "open")
    change = {"changes": {"duplicate_of": {"old": None, "new": str(first)}}}
    assert edits_of(second) == [("ticket.updated", "anonymous", change)]
    assert broken() == {}


def test_a_link_that_is_there_stays_as_it_is(conn: Connection) -> None:
    """F-F3"""
    first, second = opened(conn, 2)
    link(second, first)
    again = link(second, first)
    assert (again.status, again.headers["ETag"]) == (200, '"4"')
    assert len(edits_of(second)) == 1


def test_its_own_duplicates_come_along(conn: Connection) -> None:
    """F-F3: nothing chains, and who linked them stays known."""
    first, second, third = opened(conn, 3)
    link(third, second)
    link(second, first)
    assert read(conn, third)["duplicate_of"] == first
    assert read(conn, third)["provenance"]["duplicate_of"] == "human"
    assert broken() == {}


def test_a_link_by_hand_moves_with_its_original(conn: Connection) -> None:
    """F-F3: and is still one that triage leaves alone."""
    first, second, third = opened(conn, 3)
    link(third, second)
    with conn.transaction():
        found = duplicates.oldest_original(conn, second, [first])
        assert found is not None
        duplicates.link(conn, second, found)
    assert read(conn, third)["duplicate_of"] == first
    assert read(conn, third)["provenance"]["duplicate_of"] == "human"
    assert read(conn, second)["provenance"]["duplicate_of"] == "ai"


def test_what_was_unlinked_can_be_linked_again(conn: Connection) -> None:
    """F-F3: by a person; triage leaves it alone."""
    first = triaged(conn, **VPN)
    second = triaged(conn, **SAME)
    conn.execute("UPDATE step_outcomes SET verdict = verdict || '{\"inherited\": false}'")
    assert unlink(second).status == 200
    assert link(second, first).body["duplicate_of"] == str(first)
    assert unlink(second).body["duplicate_of"] is None


def test_an_original_gets_more_urgent_with_the_fifth(conn: Connection) -> None:
    """F-F5"""
    first, *others = opened(conn, 5)
    urgency = '[{"name": "catalog_default", "priority": "medium"}]'
    conn.execute("UPDATE tickets SET priority = 'medium', priority_inputs = %s", [urgency])
    for other in others[:3]:
        link(other, first)
    assert read(conn, first)["priority"] == "medium"
    link(others[3], first)
    assert read(conn, first)["priority"] == "high"


@pytest.mark.parametrize(
    ("ticket", "original", "status", "where", "says"),
    [
        ("second", "second", 422, ["/original"], "no duplicate of itself"),
        ("first", "second", 422, ["/original"], "must be the older"),
        ("second", "unknown", 422, ["/original"], "no such ticket"),
        ("second", "nonsense", 422, ["/original"], "not valid"),
        ("unknown", "first", 404, [], "no such ticket"),
        ("second", "solved", 409, ["/original"], "is solved"),
        ("second", "linked", 409, ["/original"], "duplicate itself"),
        ("other", "first", 409, [], "unlink it first"),
        ("waiting", "first", 409, [], "still open"),
    ],
)
def test_what_cannot_be_linked_is_said(
    conn: Connection, ticket: str, original: str, status: int, where: list[str], says: str
) -> None:
    """F-F3 F-A14: neither circles nor chains, and nothing changes."""
    names = ("solved", "base", "linked", "first", "second", "other")
    known: dict[str, object] = dict(zip(names, opened(conn, 6), strict=True))
    known |= {"unknown": UNKNOWN, "nonsense": "x", "waiting": arrange.accepted(conn)[0]}
    patch(known["solved"], {"status": "solved"}, "*")
    assert link(known["linked"], known["base"]).status == 200
    assert link(known["other"], known["base"]).status == 200
    before = conn.execute("SELECT * FROM tickets ORDER BY id").fetchall()
    answer = link(known[ticket], known[original])
    assert (answer.status, pointers(answer)) == (status, where)
    assert says in str(answer.body)
    assert conn.execute("SELECT * FROM tickets ORDER BY id").fetchall() == before


def test_a_stale_version_is_refused(conn: Connection) -> None:
    """F-F3"""
    first, second = opened(conn, 2)
    assert link(second, first, If_Match='"2"').status == 412
    assert read(conn, second)["duplicate_of"] is None


def test_an_original_that_is_deleted_meanwhile_is_missing(conn: Connection, database: str) -> None:
    """F-F3"""
    first, second = opened(conn, 2)
    with open_connection(database) as own, own.transaction():
        held = duplicates.lock_both(own, second, first)
        assert [each.id for each in held.values()] == [first, second]
    assert call("DELETE", f"/tickets/{first}").status == 204
    assert link(second, first).status == 422
