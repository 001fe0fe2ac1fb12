"""People take tickets over, correct triage and vouch for it."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from psycopg.types.json import Jsonb

from deskhand.store.connection import Connection
from tests import arrange
from tests.functions.tickets.requests import edits_of, patch, pointers, trail

pytestmark = pytest.mark.usefixtures("aws")


def stored(conn: Connection) -> dict[str, Any]:
    row = conn.execute("SELECT * FROM tickets").fetchone()
    assert row is not None
    return row


@pytest.mark.parametrize(
    ("path", "refused", "can"),
    [
        (["open", "pending", "hold", "open", "hold", "pending", "solved", "open"], "new",
         "pending, hold, solved, closed"),
        (["hold"], "new", "open, pending, solved, closed"),
        (["solved"], "pending", "open, closed"),
        (["open", "closed"], "open", "stays closed"),
        (["solved", "closed"], "solved", "stays closed"),
    ],
)  # fmt: skip
def test_a_status_follows_only_where_it_may(
    conn: Connection, ticket: UUID, path: list[str], refused: str, can: str
) -> None:
    """F-A6"""
    for status in path:
        assert patch(ticket, {"status": status}, "*").body["status"] == status
    answer = patch(ticket, {"status": refused, "subject": "x"}, "*")
    assert (answer.status, pointers(answer)) == (409, ["/status"])
    assert can in answer.body["detail"]
    assert stored(conn)["subject"] == arrange.COLUMNS["subject"]
    steps = ["new", *path]
    assert edits_of(ticket) == [
        ("ticket.status", "anonymous", {"old": old, "new": new})
        for old, new in zip(steps, path, strict=False)
    ]


def test_a_new_ticket_that_people_take_over_gets_its_title(conn: Connection, ticket: UUID) -> None:
    """F-A6: triage may have failed, even for want of a catalog."""
    conn.execute("UPDATE catalogs SET active = false")
    answer = patch(ticket, {"status": "open"}, "*")
    assert answer.body["title"] == "[P3] Laptop does not start"
    assert patch(ticket, {"subject": "It starts"}, "*").body["title"].endswith("] It starts")
    refused = patch(ticket, {"category": "Network", "request_type": "VPN access"}, "*")
    assert refused.status == 422


def test_people_correct_the_classification(conn: Connection, triaged: UUID) -> None:
    """F-A9 F-C7: the rule makes title, route and due time anew."""
    answer = patch(triaged, {"category": "workplace", "request_type": " MONITOR"}, '"3"').body
    assert (answer["category"], answer["request_type"]) == ("Workplace", "Monitor")
    assert (answer["title"], answer["route"]) == ("[P3][WORKPLACE] The VPN disconnects.", None)
    assert answer["provenance"] == {
        "category": "human", "request_type": "human", "priority": "rule", "summary": "ai",
        "needs_review": "ai", "title": "rule", "route": "rule", "due_at": "rule",
    }  # fmt: skip
    [(_, _, data)] = edits_of(triaged)
    assert data["changes"] == {
        "category": {"old": "Network", "new": "Workplace"},
        "request_type": {"old": "VPN access", "new": "Monitor"},
    }
    assert data["computed"]["title"] == {"old": "VPN", "new": answer["title"]}
    assert data["computed"]["priority"] == {"old": "high", "new": "medium"}
    back = patch(triaged, {"category": "Network", "request_type": "VPN access"}, '"4"').body
    assert back["route"] == "network-team"
    row = stored(conn)
    assert row["due_at"] - row["created_at"] == timedelta(hours=8)


MONITOR = {"category": "Workplace", "request_type": "Monitor"}
VPN = {"category": "Network", "request_type": "VPN access"}


def test_the_priority_is_that_of_the_new_place(conn: Connection, triaged: UUID) -> None:
    """F-I6: with its explanation, and all that hangs on it."""
    there = patch(triaged, MONITOR, "*").body
    assert (there["priority"], there["provenance"]["priority"]) == ("medium", "rule")
    assert there["priority_inputs"] == [{"name": "default", "priority": "medium"}]
    said = {"subject": "All users are offline", **VPN}
    back = patch(triaged, said, "*").body
    assert (back["priority"], back["title"][:4]) == ("critical", "[P1]")
    assert [each["name"] for each in back["priority_inputs"]] == [
        "catalog_default", "affected_users",
    ]  # fmt: skip
    _, (_, _, data) = edits_of(triaged)
    assert data["computed"]["priority"] == {"old": "medium", "new": "critical"}
    assert data["computed"]["priority_inputs"]["new"] == back["priority_inputs"]
    due = [each["data"]["priority"] for each in trail(triaged) if each["kind"] == "sla.due"]
    assert due[-1] == "critical"


def test_a_priority_of_people_stays_with_the_new_place(triaged: UUID) -> None:
    patch(triaged, {"priority": "critical"}, "*")
    after = patch(triaged, MONITOR, "*").body
    assert (after["priority"], after["provenance"]["priority"]) == ("critical", "human")
    assert after["priority_inputs"] == [{"name": "human", "priority": "critical"}]
    assert after["title"].startswith("[P1]")


def test_a_priority_that_is_said_with_the_place_is_explained_by_that(triaged: UUID) -> None:
    """The same priority as before: now because somebody said so."""
    after = patch(triaged, {**MONITOR, "priority": "high"}, "*").body
    assert (after["priority"], after["provenance"]["priority"]) == ("high", "human")
    assert after["priority_inputs"] == [{"name": "human", "priority": "high"}]


def test_what_escalation_raised_is_not_lowered_by_another_place(
    conn: Connection, triaged: UUID
) -> None:
    raised = [{"name": "catalog_default", "priority": "high"},
              {"name": "escalation", "priority": "critical", "level": 1}]  # fmt: skip
    conn.execute("UPDATE tickets SET priority = 'critical', priority_inputs = %s", [Jsonb(raised)])
    after = patch(triaged, MONITOR, "*").body
    assert (after["priority"], after["title"][:4]) == ("critical", "[P1]")
    assert after["priority_inputs"] == [{"name": "default", "priority": "medium"}, raised[1]]


@pytest.mark.parametrize(("heeded", "priority"), [(True, "high"), (False, "medium")])
def test_a_models_opinion_counts_as_it_did(
    conn: Connection, triaged: UUID, heeded: bool, priority: str
) -> None:
    opinion = {"name": "model_opinion", "priority": "high", "urgency": "higher", "heeded": heeded}
    conn.execute("UPDATE tickets SET priority_inputs = %s", [Jsonb([opinion])])
    after = patch(triaged, MONITOR, "*").body
    assert (after["priority"], after["priority_inputs"][1]["heeded"]) == (priority, heeded)


def test_many_tickets_about_the_same_raise_it_there_too(conn: Connection, triaged: UUID) -> None:
    for _ in range(4):
        copy = arrange.accepted(conn)[0]
        conn.execute("UPDATE tickets SET duplicate_of = %s WHERE id = %s", [triaged, copy])
    after = patch(triaged, MONITOR, "*").body
    assert (after["priority"], after["priority_inputs"][1]["tickets"]) == ("high", 5)


def test_a_new_ticket_has_the_priority_before_triage_comes_to_it(ticket: UUID) -> None:
    after = patch(ticket, VPN, "*").body
    assert (after["priority"], after["title"]) == ("high", None)


def test_who_chooses_the_place_has_reviewed_the_ticket(conn: Connection, triaged: UUID) -> None:
    """F-G3: at a new version, so that nobody goes on with the old answer."""
    conn.execute("UPDATE tickets SET needs_review = true")
    after = patch(triaged, VPN, '"3"')
    assert (after.body["needs_review"], after.headers["ETag"]) == (False, '"4"')
    assert after.body["provenance"]["needs_review"] == "rule"
    [(_, _, data)] = edits_of(triaged)
    assert data == {
        "changes": {},
        "confirmed": ["category", "request_type"],
        "computed": {"needs_review": {"old": True, "new": False}},
    }
    conn.execute("UPDATE tickets SET needs_review = true")
    again = patch(triaged, VPN, '"4"')
    assert (again.body["needs_review"], again.headers["ETag"]) == (False, '"5"')
    assert stored(conn)["needs_review"] is False
    assert len(edits_of(triaged)) == 2


def test_who_wants_a_review_all_the_same_gets_one(triaged: UUID) -> None:
    asked = patch(triaged, {**MONITOR, "needs_review": True}, "*").body
    assert (asked["needs_review"], asked["provenance"]["needs_review"]) == (True, "human")
    assert patch(triaged, VPN, "*").body["needs_review"] is True


def test_one_half_of_the_pair_goes_with_the_stored_other(triaged: UUID) -> None:
    patch(triaged, {"category": "Workplace", "request_type": "Monitor"}, "*")
    answer = patch(triaged, {"request_type": "Keyboard"}, "*")
    assert answer.body["request_type"] == "Keyboard"
    assert pointers(patch(triaged, {"request_type": "VPN access"}, "*")) == ["/request_type"]


def test_a_pair_that_has_left_the_catalog_may_stay(conn: Connection, triaged: UUID) -> None:
    conn.execute("UPDATE tickets SET request_type = 'Fax'")
    sent = {"category": "Network", "request_type": "Fax", "tags": ["x"]}
    assert patch(triaged, sent, "*").status == 200


def test_a_priority_of_people_is_explained(triaged: UUID) -> None:
    answer = patch(triaged, {"priority": "low"}, '"3"').body
    assert answer["title"] == "[P4][NETWORK] The VPN disconnects."
    assert answer["priority_inputs"] == [{"name": "human", "priority": "low"}]
    assert answer["provenance"]["priority"] == "human"


def test_who_repeats_what_triage_said_vouches_for_it(conn: Connection, triaged: UUID) -> None:
    """F-C7: no value changes, so neither does the version."""
    updated_at = stored(conn)["updated_at"]
    for _ in range(2):
        answer = patch(triaged, {"priority": "high", "category": "Network"}, '"3"')
        assert answer.headers["ETag"] == '"3"'
    marked = {n for n, who in answer.body["provenance"].items() if who == "human"}
    assert marked == {"priority", "category", "request_type"}
    assert stored(conn)["updated_at"] == updated_at
    confirmed = ["category", "priority", "request_type"]
    data = {"changes": {}, "confirmed": confirmed}
    assert edits_of(triaged) == [("ticket.updated", "anonymous", data)]


def test_a_closed_ticket_can_be_corrected(triaged: UUID) -> None:
    patch(triaged, {"status": "closed"}, "*")
    assert patch(triaged, {"tags": ["billing"]}, "*").body["tags"] == ["billing"]


def test_the_trail_has_each_event_once_in_order(conn: Connection, triaged: UUID) -> None:
    """F-A9"""
    patch(triaged, {"priority": "low", "status": "pending"}, "*")
    patch(triaged, {"priority": "low", "status": "pending"}, "*")
    patch(triaged, {"status": "solved"}, "*")
    events = trail(triaged)
    assert [each["kind"] for each in events[-5:]] == [
        "ticket.updated", "ticket.status", "sla.due", "ticket.status", "sla.due",
    ]  # fmt: skip
    ids = [each["id"] for each in events]
    assert ids == sorted(set(ids))
    assert len(ids) == arrange.count(conn, "events")
    assert [each["at"] for each in events] == sorted(each["at"] for each in events)
