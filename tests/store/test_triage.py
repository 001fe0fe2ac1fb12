"""What people set stays, whichever of people and triage reads and writes first."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

import pytest
from psycopg.types.json import Jsonb

from deskhand.api.caller import Caller
from deskhand.api.etag import Tags, tags_of
from deskhand.errors import TicketEdited
from deskhand.refusals import Refusal
from deskhand.store import runs, steps
from deskhand.store.connection import Connection, open_connection
from deskhand.store.steps import Outcome
from deskhand.ticket import Ticket
from deskhand.tickets.edit import Condition, Edit, edit_ticket
from tests import arrange, journeys
from tests.patience import wait_for_lock

AGENT = Caller("user:agent", "agent")
BLINDLY = Condition(Tags(every=True))


@pytest.fixture
def other(database: str) -> Iterator[Connection]:
    """A second session."""
    with open_connection(database) as own:
        yield own


def ticket(conn: Connection) -> dict[str, Any]:
    row = conn.execute("SELECT * FROM tickets").fetchone()
    assert row is not None
    return row


def read(conn: Connection, run_id: int, step: str) -> Ticket:
    return steps.open_step(conn, run_id, 1, step, 0).ticket


def write(conn: Connection, run_id: int, step: str, was: Ticket) -> None:
    steps.close_step(conn, run_id, 1, step, 0, journeys.outcome(step, was), 0.1)


HUMAN: dict[str, Any] = {"priority": "low", "needs_review": True}


def test_triage_marks_what_it_sets(conn: Connection) -> None:
    """F-C7"""
    _, run_id = arrange.accepted(conn)
    journeys.finish(conn, run_id)
    assert ticket(conn)["provenance"] == {
        "category": "ai", "request_type": "ai", "priority": "rule", "summary": "ai",
        "needs_review": "ai", "title": "rule", "route": "rule", "due_at": "rule",
    }  # fmt: skip


def test_an_edit_between_read_and_write_stays(conn: Connection) -> None:
    """F-C7"""
    ticket_id, run_id = arrange.accepted(conn)
    was = read(conn, run_id, "classify")
    edit_ticket(conn, ticket_id, AGENT, Edit(**HUMAN), BLINDLY)
    write(conn, run_id, "classify", was)
    row = ticket(conn)
    assert {name: row[name] for name in HUMAN} == HUMAN
    assert row["priority_inputs"] == [{"name": "human", "priority": "low"}]
    assert (row["category"], row["summary"]) == ("Network", "The VPN disconnects.")
    assert row["provenance"] == {
        "category": "ai", "request_type": "ai", "summary": "ai",
        "priority": "human", "needs_review": "human",
    }  # fmt: skip


def test_triage_that_waits_for_an_open_edit_keeps_it(conn: Connection, other: Connection) -> None:
    """F-C7: it read before the edit, and its write began before the edit was committed."""
    ticket_id, run_id = arrange.accepted(conn)
    was = read(conn, run_id, "classify")
    with ThreadPoolExecutor(1) as pool:
        with conn.transaction():
            edit_ticket(conn, ticket_id, AGENT, Edit(**HUMAN), BLINDLY)
            written = pool.submit(write, other, run_id, "classify", was)
            wait_for_lock(conn)
            assert not written.done()
        written.result()
    row = ticket(conn)
    assert {name: row[name] for name in HUMAN} == HUMAN
    assert (row["category"], row["version"]) == ("Network", 3)


def test_an_edit_that_waits_for_triage_is_for_an_older_version(
    database: str, conn: Connection
) -> None:
    """F-C7: or wins, where it was said to be for any version."""
    ticket_id, run_id = arrange.accepted(conn)
    was = read(conn, run_id, "classify")
    edited: list[Any] = []
    told = tags_of("If-Match", ['"1"'])

    def edit(condition: Condition) -> int:
        with open_connection(database) as own:
            return int(edit_ticket(own, ticket_id, AGENT, Edit(**HUMAN), condition)["version"])

    with ThreadPoolExecutor(2) as pool:
        triaged = journeys.outcome("classify", was)

        def slowly(own: Connection, ticket_id: UUID) -> None:
            assert triaged.apply is not None
            triaged.apply(own, ticket_id)
            edited.extend(pool.submit(edit, each) for each in (Condition(told), BLINDLY))
            wait_for_lock(conn, 2)
            assert not any(each.done() for each in edited)

        steps.close_step(conn, run_id, 1, "classify", 0, Outcome({}, apply=slowly), 0.1)
        stale, blind = edited
        with pytest.raises(Refusal, match="version"):
            stale.result()
        assert blind.result() == 3
    assert ticket(conn)["priority"] == "low"


def test_triage_of_an_older_text_is_not_stored(conn: Connection) -> None:
    """F-C7"""
    for edit in (Edit(subject="Printer jams"), Edit(body="It smokes.")):
        ticket_id, run_id = arrange.accepted(conn)
        was = read(conn, run_id, "classify")
        before = edit_ticket(conn, ticket_id, AGENT, edit, BLINDLY)
        with pytest.raises(TicketEdited):
            write(conn, run_id, "classify", was)
        assert edit_ticket(conn, ticket_id, AGENT, edit, BLINDLY) == before
        assert arrange.count(conn, "step_outcomes") == 0
    write(conn, run_id, "classify", read(conn, run_id, "classify"))
    assert arrange.count(conn, "step_outcomes") == 1


def test_an_edit_that_leaves_the_text_alone_costs_no_retry(conn: Connection) -> None:
    ticket_id, run_id = arrange.accepted(conn)
    was = read(conn, run_id, "classify")
    same = Edit(subject=was.subject, tags=["x"], assignee="a", metadata={"a": 1})
    edit_ticket(conn, ticket_id, AGENT, same, BLINDLY)
    write(conn, run_id, "classify", was)
    assert ticket(conn)["text_version"] == 1


def test_a_pair_that_people_choose_meanwhile_is_triaged_anew(conn: Connection) -> None:
    """F-C7: the priority would follow from another request type."""
    ticket_id, run_id = arrange.accepted(conn)
    was = read(conn, run_id, "classify")
    choose(conn, ticket_id, "Workplace", "Monitor")
    with pytest.raises(TicketEdited):
        write(conn, run_id, "classify", was)
    write(conn, run_id, "classify", read(conn, run_id, "classify"))
    row = ticket(conn)
    assert (row["category"], row["request_type"]) == ("Workplace", "Monitor")
    assert row["provenance"]["category"] == row["provenance"]["request_type"] == "human"


def test_a_title_made_from_what_is_no_more_is_not_stored(
    conn: Connection, other: Connection
) -> None:
    """F-C7"""
    ticket_id, run_id = arrange.accepted(conn)
    for name in ("validate_ticket", "classify"):
        journeys.step(conn, run_id, 1, name)
    was = read(conn, run_id, "create_ticket")
    edit_ticket(conn, ticket_id, AGENT, Edit(priority="critical"), BLINDLY)
    with pytest.raises(TicketEdited):
        write(conn, run_id, "create_ticket", was)
    was = read(conn, run_id, "create_ticket")
    with ThreadPoolExecutor(1) as pool:
        with conn.transaction():
            edit_ticket(conn, ticket_id, AGENT, Edit(subject="Another"), BLINDLY)
            written = pool.submit(write, other, run_id, "create_ticket", was)
            wait_for_lock(conn)
            assert not written.done()
        with pytest.raises(TicketEdited):
            written.result()
    assert (ticket(conn)["status"], ticket(conn)["title"]) == ("new", None)
    edit_ticket(conn, ticket_id, AGENT, Edit(tags=["x"]), BLINDLY)
    write(conn, run_id, "create_ticket", read(conn, run_id, "create_ticket"))
    assert ticket(conn)["status"] == "open"


def test_what_people_set_by_hand_stays_when_the_ticket_opens(conn: Connection) -> None:
    """F-C7"""
    _, run_id = arrange.accepted(conn)
    set_by_hand = '{"title": "human", "route": "human", "due_at": "human", "summary": "human"}'
    conn.execute(
        "UPDATE tickets SET title = 'mine', status = 'open', route = 'me', summary = 'short',"
        " due_at = '2030-01-01', provenance = %s",
        [set_by_hand],
    )
    kept = ticket(conn)
    journeys.finish(conn, run_id)
    row = ticket(conn)
    for name in ("title", "route", "due_at", "summary", "status"):
        assert row[name] == kept[name], name
        assert name == "status" or row["provenance"][name] == "human"


def test_a_further_run_leaves_what_people_set(conn: Connection) -> None:
    """F-C7"""
    ticket_id, run_id = arrange.accepted(conn)
    journeys.finish(conn, run_id)
    edit_ticket(conn, ticket_id, AGENT, Edit(**HUMAN), BLINDLY)
    edit_ticket(conn, ticket_id, AGENT, Edit(status="hold"), BLINDLY)
    further = journeys.reprocess(conn, ticket_id)
    assert further is not None
    journeys.finish(conn, further)
    row = ticket(conn)
    assert {name: row[name] for name in HUMAN} == HUMAN
    assert row["status"] == "hold"


def test_a_failed_run_asks_for_no_review_that_people_refused(conn: Connection) -> None:
    """F-C7"""
    for edit, needs_review, who in (
        (Edit(needs_review=False), False, "human"),
        (Edit(tags=["x"]), True, "rule"),
    ):
        ticket_id, run_id = arrange.accepted(conn)
        journeys.step(conn, run_id, 1, "classify")
        edit_ticket(conn, ticket_id, AGENT, edit, BLINDLY)
        runs.fail(conn, run_id, 1, "Broken", "why")
        row = conn.execute("SELECT * FROM tickets WHERE id = %s", [ticket_id]).fetchone()
        assert (row["needs_review"], row["provenance"]["needs_review"]) == (needs_review, who)


def choose(conn: Connection, ticket_id: UUID, category: str, request_type: str) -> None:
    """People chose the pair; the catalog has no say here."""
    conn.execute(
        "UPDATE tickets SET category = %s, request_type = %s, version = version + 1,"
        """ provenance = provenance || '{"category": "human", "request_type": "human"}'"""
        " WHERE id = %s",
        [category, request_type, ticket_id],
    )


@pytest.mark.parametrize(("escalated", "after"), [("critical", "critical"), ("medium", "high")])
def test_what_escalation_raised_is_not_lowered_again(
    conn: Connection, escalated: str, after: str
) -> None:
    _, run_id = arrange.accepted(conn)
    raised = [{"name": "escalation", "priority": escalated, "level": 1}]
    conn.execute(
        "UPDATE tickets SET priority = %s, priority_inputs = %s", [escalated, Jsonb(raised)]
    )
    journeys.finish(conn, run_id)
    assert ticket(conn)["priority"] == after
    assert ticket(conn)["priority_inputs"] == (raised if after == escalated else [])
