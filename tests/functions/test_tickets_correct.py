"""People take tickets over, correct triage and vouch for it."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from deskhand.store.connection import Connection
from tests import arrange
from tests.functions.asking import edits_of, patch, pointers, trail

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
    assert answer.body["title"] == "[P3][UNSORTED] Laptop does not start"
    assert patch(ticket, {"subject": "It starts"}, "*").body["title"].endswith("] It starts")
    refused = patch(ticket, {"category": "Network", "request_type": "VPN access"}, "*")
    assert refused.status == 422


def test_people_correct_the_classification(conn: Connection, triaged: UUID) -> None:
    """F-A9 F-C7: the rule makes title, route and due time anew."""
    answer = patch(triaged, {"category": "workplace", "request_type": " MONITOR"}, '"3"').body
    assert (answer["category"], answer["request_type"]) == ("Workplace", "Monitor")
    assert (answer["title"], answer["route"]) == ("[P2][WORKPLACE] The VPN disconnects.", None)
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
    back = patch(triaged, {"category": "Network", "request_type": "VPN access"}, '"4"').body
    assert back["route"] == "network-team"
    row = stored(conn)
    assert row["due_at"] - row["created_at"] == timedelta(hours=8)


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
