"""The more tickets repeat one, the more urgent it is: its priority by the same rule, anew."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

import pytest

from deskhand.duplicates.link import Link, _store
from deskhand.store import duplicates
from deskhand.store.connection import Connection, open_connection
from deskhand.triage.decision import triage_of
from tests import arrange, clocks
from tests.functions.duplicates.alike import OTHER, VPN, call, detected, go_on, read, triaged
from tests.functions.operations.invariants import broken
from tests.functions.tickets.requests import patch, trail
from tests.patience import wait_for_lock

pytestmark = pytest.mark.usefixtures("aws", "catalog")

COUNTED = {"name": "duplicates_cluster", "impact": "group", "tickets": 5, "priority": "high"}


def priorities(ticket_id: UUID) -> list[Any]:
    """How the trail says that the priority changed."""
    changes = [each["data"].get("changes", {}) for each in trail(ticket_id)]
    return [each["priority"] for each in changes if "priority" in each]


def test_the_fifth_of_a_kind_makes_the_first_more_urgent(conn: Connection) -> None:
    """F-F5 F-I6: with title, due time and trail; the eighth changes nothing more."""
    by_priority = {"high": {"unit": "hours", "value": 2}}
    sla = {**clocks.EIGHT_HOURS, "by_priority": by_priority}
    clocks.catalog(conn, {"default_priority": "medium", "sla": sla})
    first = triaged(conn, **VPN)
    few = [triaged(conn, **VPN) for _ in range(3)]
    before = read(conn, first)
    assert (before["priority"], len(before["priority_inputs"])) == ("medium", 1)
    more = [triaged(conn, **VPN) for _ in range(4)]
    after = read(conn, first)
    assert (after["priority"], after["provenance"]["priority"]) == ("high", "rule")
    assert after["priority_inputs"] == [*before["priority_inputs"], COUNTED]
    assert after["title"].startswith("[P2]")
    assert after["due_at"] < before["due_at"]
    assert after["version"] == before["version"] + 1
    assert priorities(first) == [{"old": "medium", "new": "high"}]
    inherited = [read(conn, each)["priority"] for each in (*few, *more)]
    assert inherited == ["medium"] * 4 + ["high"] * 3, "they keep what they inherited"
    assert broken() == {}


def test_what_people_set_stays(conn: Connection) -> None:
    """F-C7"""
    first = triaged(conn, **OTHER)
    version = read(conn, first)["version"]
    assert patch(first, {"priority": "low", "version": version}).status == 200
    for _ in range(4):
        triaged(conn, **OTHER)
    after = read(conn, first)
    assert (after["priority"], priorities(first)) == ("low", [{"old": "medium", "new": "low"}])
    assert COUNTED not in (after["priority_inputs"] or [])


def test_a_title_that_people_wrote_stays(conn: Connection) -> None:
    """F-C7"""
    first = triaged(conn, **OTHER)
    conn.execute(
        """UPDATE tickets SET title = 'Ours', provenance = provenance || '{"title": "human"}'"""
        " WHERE id = %s",
        [first],
    )
    for _ in range(4):
        triaged(conn, **OTHER)
    assert (read(conn, first)["title"], read(conn, first)["priority"]) == ("Ours", "high")


def test_a_step_done_twice_counts_once(conn: Connection) -> None:
    """F-B7"""
    first = triaged(conn, **OTHER)
    for _ in range(3):
        triaged(conn, **OTHER)
    run, _ = detected(conn, **OTHER)
    call("link_duplicate", run, retry_count=8)
    version = read(conn, first)["version"]
    call("link_duplicate", run, retry_count=8)
    assert read(conn, first)["version"] == version
    assert len(priorities(first)) == 1


def test_two_links_at_the_same_moment_are_both_counted(database: str, conn: Connection) -> None:
    """F-F5: the one that waits for the other sees it."""
    first = triaged(conn, **OTHER)
    for _ in range(2):
        triaged(conn, **OTHER)
    fourth, fifth = (arrange.accepted(conn, **OTHER)[0] for _ in range(2))
    original = duplicates.oldest_original(conn, fifth, [first])
    assert original is not None
    with open_connection(database) as one, ThreadPoolExecutor(1) as pool:
        with one.transaction():
            _store(one, fourth, Link(original, None))
            waiting = pool.submit(_linked_apart, database, fifth, Link(original, None))
            wait_for_lock(conn)
            assert not waiting.done()
        waiting.result()
    assert (read(conn, first)["priority"], len(priorities(first))) == ("high", 1)
    assert broken() == {}


def _linked_apart(database: str, ticket_id: UUID, link: Link) -> None:
    with open_connection(database) as conn, conn.transaction():
        _store(conn, ticket_id, link)


def test_an_older_twin_that_claims_many_is_as_urgent(conn: Connection) -> None:
    """F-F5: those came before it was looked at, and it is triaged only then."""
    older = arrange.accepted(conn, **OTHER)
    for _ in range(5):
        triaged(conn, **OTHER)
    call("validate_ticket", older)
    go_on(older, call("detect_duplicates", older))
    after = read(conn, older[0])
    assert (after["priority"], after["priority_inputs"][-1]["tickets"]) == ("high", 6)
    assert broken() == {}


def test_those_that_come_during_the_triage_are_counted(
    conn: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F-F5: a model may think for long."""
    first, verdict = detected(conn, **OTHER)

    def meanwhile(*given: Any, **counted: Any) -> Any:
        duplicates.link_younger(
            conn, first[0], [arrange.accepted(conn, **OTHER)[0] for _ in range(4)]
        )
        return triage_of(*given, **counted)

    monkeypatch.setattr("functions.classify.handler.triage_of", meanwhile)
    go_on(first, verdict)
    after = read(conn, first[0])
    assert (after["priority"], after["priority_inputs"][-1]) == ("high", COUNTED)
    assert after["title"].startswith("[P2]")
    assert broken() == {}
