"""Changing many tickets at once over HTTP, and taking it back."""

from typing import Any
from urllib.parse import parse_qs
from uuid import UUID

import pytest

from deskhand.catalog import loaded
from deskhand.sla.stored_due_time import update_due_time
from deskhand.store import bulks
from deskhand.store.connection import Connection
from deskhand.tickets.bulk import MAX_IDS, MAX_SELECTED
from tests import arrange, journeys
from tests.functions.gateway import Answer, call
from tests.functions.operations.invariants import broken
from tests.functions.tickets.requests import edits_of, patch, pointers, trail

pytestmark = pytest.mark.usefixtures("aws", "catalog")

UNKNOWN = "00000000-0000-7000-8000-000000000000"
TABLES = (*arrange.TABLES, "bulks", "bulk_items", "corrections", "examples", "audit")


def change(body: object, **headers: str) -> Answer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return call("POST", "/tickets/bulk", body, headers=named)


def undo(bulk_id: object) -> Answer:
    return call("DELETE", f"/tickets/bulk/{bulk_id}")


def triaged(conn: Connection, number: int = 1, **columns: object) -> list[UUID]:
    """Tickets that triage has opened at version 3, as [Network, VPN access], high, and due."""
    runs = [arrange.accepted(conn, **columns) for _ in range(number)]
    for ticket_id, run_id in runs:
        journeys.finish(conn, run_id)
        update_due_time(conn, ticket_id, loaded.document_in_force(conn))
    return [ticket_id for ticket_id, _ in runs]


def row(conn: Connection, ticket_id: UUID) -> dict[str, Any]:
    found = conn.execute("SELECT * FROM tickets WHERE id = %s", [ticket_id]).fetchone()
    assert found is not None
    return found


def everything(conn: Connection) -> dict[str, Any]:
    return {
        "tickets": conn.execute("SELECT * FROM tickets ORDER BY id").fetchall(),
        **{name: arrange.count(conn, name) for name in TABLES},
    }


def results(answer: Answer) -> list[str]:
    return [each["result"] for each in answer.body["results"]]


def test_each_ticket_is_changed_as_by_a_single_edit(conn: Connection) -> None:
    """F-A20"""
    first, second, alone = triaged(conn, 3)
    said = {"status": "pending", "assignee": "sam", "priority": "low", "tags": ["vpn"]}
    answer = change({"ids": [str(second), str(first)], "change": said})
    assert (answer.status, results(answer)) == (200, ["changed", "changed"])
    assert [each["ticket_id"] for each in answer.body["results"]] == [str(second), str(first)]
    patch(alone, said, "*")
    told = {"bulk_id": answer.body["bulk_id"]}
    for one in (first, second):
        mine = {n: v for n, v in row(conn, one).items() if n in said or n in ("title", "version")}
        assert mine == {name: row(conn, alone)[name] for name in mine}
        assert edits_of(one) == [(k, who, {**data, **told}) for k, who, data in edits_of(alone)]
    assert answer.body["results"][0]["version"] == row(conn, second)["version"] == 4
    assert answer.body["results"][0]["fields"] == sorted([*said, "title", "route"])
    assert broken() == {}


def test_an_id_that_is_sent_twice_counts_once(conn: Connection) -> None:
    """F-A20"""
    [one] = triaged(conn)
    answer = change({"ids": [str(one), UNKNOWN, str(one).upper()], "change": {"assignee": "sam"}})
    assert results(answer) == ["changed", "missing"]
    assert row(conn, one)["version"] == 4


def test_what_stops_one_ticket_stops_no_other(conn: Connection) -> None:
    """F-A20: nothing of a refused ticket is changed, its other fields included."""
    stale, closed, already, fresh = triaged(conn, 4)
    patch(closed, {"status": "closed"}, "*")
    patch(already, {"status": "hold", "tags": ["x"]}, "*")
    before = {one: row(conn, one) for one in (stale, closed, already)}
    answer = change(
        {
            "ids": [str(one) for one in (stale, closed, already, fresh)],
            "change": {"status": "hold", "tags": ["x"]},
            "versions": {str(stale): 2, str(fresh): 3.0},
        }
    )
    assert results(answer) == ["stale", "refused", "unchanged", "changed"]
    assert answer.body["counts"] == {
        "changed": 1, "unchanged": 1, "stale": 1, "refused": 1, "missing": 0
    }  # fmt: skip
    assert [each["reason"] for each in answer.body["results"]] == [
        "it is at version 3 by now", "a ticket that is closed stays closed", None, None
    ]  # fmt: skip
    assert {one: row(conn, one) for one in before} == before


def test_a_query_changes_the_list_that_was_seen(conn: Connection) -> None:
    """F-A20: and nothing at all when the list is another one by now."""
    triaged(conn, 2, department="Sales")
    [other] = triaged(conn)
    body = {"query": "department=Sales&status=open", "change": {"assignee": "sam"}}
    assert results(change({**body, "dry_run": True})) == ["changed", "changed"]
    before = everything(conn)
    late = change({**body, "expected_count": 3})
    assert (late.status, pointers(late)) == (409, ["/expected_count"])
    assert everything(conn) == before
    assert results(change({**body, "expected_count": 2})) == ["changed", "changed"]
    assert row(conn, other)["assignee"] is None
    none = change({"query": "department=Nobody", "expected_count": 0, "change": {"tags": []}})
    assert (none.status, none.body["results"], none.body["bulk_id"]) == (200, [], None)


def test_a_longer_list_is_refused(conn: Connection) -> None:
    """F-A20"""
    for _ in range(MAX_SELECTED + 1):
        arrange.accepted(conn)
    body = {"query": "", "change": {"tags": ["x"]}, "expected_count": MAX_SELECTED + 1}
    answer = change(body)
    assert (answer.status, pointers(answer)) == (422, ["/query"])
    assert arrange.count(conn, "bulks") == 0


def test_a_dry_run_says_what_would_happen_and_leaves_nothing(conn: Connection) -> None:
    """F-A20"""
    ids = [str(one) for one in triaged(conn, 2)]
    patch(ids[0], {"status": "closed"}, "*")
    pair = {"category": "Workplace", "request_type": "Keyboard"}
    body = {"ids": [*ids, UNKNOWN], "change": {"status": "hold", **pair}}
    before = everything(conn)
    dry = change({**body, "dry_run": True}, Idempotency_Key="k-1")
    assert dry.body["bulk_id"] is None
    assert everything(conn) == before
    real = change(body, Idempotency_Key="k-1")
    assert real.body["results"] == dry.body["results"]
    assert real.body["counts"] == dry.body["counts"]


def test_a_repeat_changes_nothing_more(conn: Connection) -> None:
    """F-A20 F-B1 F-B3"""
    [one] = triaged(conn)
    body = {"ids": [str(one)], "change": {"assignee": "sam"}}
    first = change(body, Idempotency_Key="k-1")
    patch(one, {"assignee": "kim"}, "*")
    again = change(body, Idempotency_Key="k-1")
    assert (again.text, again.headers["Idempotency-Replayed"]) == (first.text, "true")
    assert row(conn, one)["assignee"] == "kim"
    assert change({**body, "dry_run": False}, Idempotency_Key="k-1").status == 422


@pytest.mark.parametrize(
    ("body", "where"),
    [
        ({}, ["/change"]),
        ({"change": {"tags": []}}, ["/ids", "/query"]),
        ({"ids": [UNKNOWN], "query": "", "change": {"tags": []}}, ["/ids", "/query"]),
        ({"ids": [UNKNOWN], "change": {}}, ["/change"]),
        ({"ids": [UNKNOWN], "change": None}, ["/change"]),
        ({"ids": [], "change": {"tags": []}}, ["/ids"]),
        ({"ids": [UNKNOWN] * (MAX_IDS + 1), "change": {"tags": []}}, ["/ids"]),
        ({"ids": ["nonsense"], "change": {"tags": []}}, ["/ids/0"]),
        ({"ids": [f"{{{UNKNOWN}}}"], "change": {"tags": []}}, ["/ids/0"]),
        ({"ids": [UNKNOWN], "expected_count": 1, "change": {"tags": []}}, ["/expected_count"]),
        ({"query": "", "change": {"tags": []}}, ["/expected_count"]),
        ({"query": "", "expected_count": -1, "change": {"tags": []}}, ["/expected_count"]),
        ({"query": "state=open", "expected_count": 1, "change": {"tags": []}}, ["/query/state"]),
        ({"ids": [UNKNOWN], "change": {"subject": "x"}}, ["/change/subject"]),
        ({"ids": [UNKNOWN], "change": {"status": "lost"}}, ["/change/status"]),
        ({"ids": [UNKNOWN], "change": {"tags": []}, "versions": {UNKNOWN: 0}},
         [f"/versions/{UNKNOWN}"]),
        ({"ids": [UNKNOWN], "change": {"tags": []}, "versions": {UNKNOWN[:-1] + "1": 1}},
         [f"/versions/{UNKNOWN[:-1]}1"]),
        ({"ids": [UNKNOWN], "change": {"tags": []}, "dry_run": "yes"}, ["/dry_run"]),
        ({"ids": [UNKNOWN], "change": {"tags": []}, "wait": True}, ["/wait"]),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(conn: Connection, body: object, where: list[str]) -> None:
    """F-A20 F-A14"""
    answer = change(body)
    assert (answer.status, pointers(answer)) == (422, where)
    assert arrange.count(conn, "bulks") == 0


def test_a_pair_that_is_in_no_catalog_is_refused_for_each(conn: Connection) -> None:
    """F-A20"""
    ids = [str(one) for one in triaged(conn, 2)]
    answer = change({"ids": ids, "change": {"category": "Network", "request_type": "Monitor"}})
    assert results(answer) == ["refused", "refused"]
    assert (answer.body["bulk_id"], arrange.count(conn, "bulks")) == (None, 0)


def test_a_hundred_tickets_are_changed_and_restored(conn: Connection) -> None:
    """F-A20"""
    ids = triaged(conn, MAX_IDS)
    before = {one: row(conn, one) for one in ids}
    said = {"category": "Workplace", "request_type": "Keyboard", "assignee": "s"}
    done = change({"ids": [str(one) for one in ids], "change": said})
    assert done.body["counts"]["changed"] == MAX_IDS
    undone = undo(done.body["bulk_id"])
    assert (undone.status, undone.body["counts"]["undone"]) == (200, MAX_IDS)
    follow = ("version", "updated_at", "sla_version", "due_at", "escalate_at")
    for one, was in before.items():
        now = row(conn, one)
        assert {n for n in now if now[n] != was[n]} <= set(follow)
        assert (now["version"], now["due_at"]) == (was["version"] + 2, was["due_at"])
    assert broken() == {}


def test_an_undo_leaves_alone_what_was_changed_since(conn: Connection) -> None:
    """F-A20: by a person, by another bulk change, or by a deletion."""
    kept, edited, again, deleted = triaged(conn, 4)
    ids = [str(one) for one in (kept, edited, again, deleted)]
    first = change({"ids": ids, "change": {"assignee": "sam"}}).body["bulk_id"]
    patch(edited, {"tags": ["x"]}, "*")
    second = change({"ids": [str(again)], "change": {"assignee": "kim"}}).body["bulk_id"]
    assert call("DELETE", f"/tickets/{deleted}").status == 204
    answer = undo(first)
    assert results(answer) == ["undone", "stale", "stale", "missing"]
    assert answer.body["counts"] == {"undone": 1, "stale": 2, "refused": 0, "missing": 1}
    assert [row(conn, one)["assignee"] for one in (kept, edited, again)] == [None, "sam", "kim"]
    assert results(undo(second)) == ["undone"]
    assert row(conn, again)["assignee"] == "sam"
    assert trail(kept)[-1]["data"] == {
        "changes": {"assignee": {"old": "sam", "new": None}}, "undone": True, "bulk_id": first
    }  # fmt: skip
    assert broken() == {}


def test_a_second_undo_says_who_was_first(conn: Connection) -> None:
    """F-A20"""
    [one] = triaged(conn)
    bulk_id = change({"ids": [str(one)], "change": {"assignee": "sam"}}).body["bulk_id"]
    assert undo(bulk_id).status == 200
    before = everything(conn)
    second = undo(bulk_id)
    assert (second.status, second.body["detail"].split(" at ")[0]) == (
        409, "anonymous has undone it"
    )  # fmt: skip
    assert everything(conn) == before
    assert (undo(UNKNOWN).status, undo("nonsense").status) == (404, 400)


def test_a_ticket_does_not_become_new_again(conn: Connection) -> None:
    """F-A20"""
    one, _ = arrange.accepted(conn)
    bulk_id = change({"ids": [str(one)], "change": {"status": "open"}}).body["bulk_id"]
    assert results(undo(bulk_id)) == ["refused"]
    assert row(conn, one)["status"] == "open"
    assert broken() == {}


def test_a_closed_ticket_is_open_again(conn: Connection) -> None:
    """F-A20: which no single edit can do."""
    [one] = triaged(conn)
    bulk_id = change({"ids": [str(one)], "change": {"status": "closed"}}).body["bulk_id"]
    assert row(conn, one)["escalate_at"] is None
    assert results(undo(bulk_id)) == ["undone"]
    assert row(conn, one)["status"] == "open"
    assert row(conn, one)["escalate_at"] is not None
    assert broken() == {}


def test_it_teaches_until_it_is_undone(conn: Connection) -> None:
    """F-A20 F-G3: what was said besides still teaches."""
    one, other = triaged(conn, 2)
    patch(other, {"category": "Workplace", "request_type": "Monitor"}, "*")
    pair = {"category": "Workplace", "request_type": "Keyboard"}
    ids = [str(one), str(other)]
    bulk_id = change({"ids": ids, "change": pair}).body["bulk_id"]
    assert _examples(conn) == {one: "Keyboard", other: "Keyboard"}
    assert arrange.count(conn, "corrections") == 3
    assert results(undo(bulk_id)) == ["undone", "undone"]
    assert _examples(conn) == {other: "Monitor"}
    assert arrange.count(conn, "corrections") == 1


def _examples(conn: Connection) -> dict[UUID, str]:
    rows = conn.execute("SELECT ticket_id, request_type FROM examples").fetchall()
    return {each["ticket_id"]: each["request_type"] for each in rows}


def test_a_confirmation_is_undone_unless_somebody_confirmed_it_since(conn: Connection) -> None:
    """F-A20: it changes who vouches for a field, but no version."""
    one, other = triaged(conn, 2)
    ids = [str(one), str(other)]
    bulk_id = change({"ids": ids, "change": {"priority": "high"}}).body["bulk_id"]
    assert row(conn, one)["provenance"]["priority"] == "human"
    patch(other, {"needs_review": False}, "*")
    assert results(undo(bulk_id)) == ["undone", "stale"]
    assert row(conn, one)["provenance"]["priority"] == "rule"
    assert row(conn, other)["provenance"]["priority"] == "human"


def test_the_audit_has_both(conn: Connection) -> None:
    """F-A20"""
    ids = [str(one) for one in triaged(conn, 2)]
    bulk_id = change({"ids": ids, "change": {"assignee": "s"}}, X_Request_ID="r-1").body["bulk_id"]
    undo(bulk_id)
    rows = conn.execute("SELECT action, actor, data FROM audit ORDER BY id").fetchall()
    data = {"bulk_id": bulk_id, "tickets": 2}
    assert [(each["action"], each["data"]) for each in rows] == [
        ("tickets.changed", data), ("tickets.restored", data)
    ]  # fmt: skip


def test_it_can_be_undone_for_some_weeks(conn: Connection) -> None:
    """F-A20"""
    ids = [str(one) for one in triaged(conn, 2)]
    old, new = (change({"ids": [i], "change": {"assignee": "s"}}).body["bulk_id"] for i in ids)
    conn.execute(
        "UPDATE bulks SET created_at = now() - make_interval(days => %s) WHERE id = %s",
        [bulks.KEPT_DAYS + 1, old],
    )
    assert (bulks.reap(conn), undo(old).status, undo(new).status) == (1, 404, 200)


@pytest.mark.parametrize(
    "query",
    [
        "q=laptop&status=new&status=open",
        "workflow_status=COMPLETED&tag=a&tag=b",
        "created_from=2020-01-01T00:00:00Z&category=network&needs_review=false",
        "figure=created&figure_from=2020-01-01T00:00:00Z&figure_to=2999-01-01T00:00:00Z",
        "duplicate=false&escalated=false&customer_id=c-1",
    ],
)
def test_it_selects_what_the_list_shows(conn: Connection, query: str) -> None:
    """F-A20 F-A5"""
    triaged(conn, 2, tags=["a"])
    arrange.accepted(conn, customer_id="c-2", subject="VPN", body="")
    listed = call("GET", "/tickets", query=parse_qs(query)).body["tickets"]
    body = {"query": query, "expected_count": len(listed), "change": {"assignee": "sam"}}
    answer = change(body)
    assert answer.status == 200
    assert {each["ticket_id"] for each in answer.body["results"]} == {x["id"] for x in listed}


def test_a_ticket_that_somebody_holds_stops_all_of_it(conn: Connection) -> None:
    """F-A20 F-C7: and a repeat does all of it."""
    first, held = triaged(conn, 2)
    body = {"ids": [str(first), str(held)], "change": {"assignee": "sam"}}
    with conn.transaction():
        conn.execute("SELECT FROM tickets WHERE id = %s FOR UPDATE", [held])
        answer = change(body, Idempotency_Key="k-1")
        assert (answer.status, answer.headers["Retry-After"]) == (503, "2")
        assert row(conn, first)["assignee"] is None
    assert arrange.count(conn, "idempotency_keys") == 0
    assert results(change(body, Idempotency_Key="k-1")) == ["changed", "changed"]
