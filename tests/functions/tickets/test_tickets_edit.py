"""Changing tickets over HTTP."""

import json
from typing import Any
from uuid import UUID

import pytest

from deskhand.api.caller import Caller
from deskhand.api.router import Api
from deskhand.settings.environment import Role
from deskhand.store.connection import Connection
from deskhand.tickets.edit import Edit
from tests import arrange
from tests.functions.gateway import call
from tests.functions.tickets.requests import edits_of, patch, pointers

pytestmark = pytest.mark.usefixtures("aws")

UNKNOWN = "00000000-0000-7000-8000-000000000000"


def stored(conn: Connection) -> dict[str, Any]:
    row = conn.execute("SELECT * FROM tickets").fetchone()
    assert row is not None
    return row


CHANGES = {name: arrange.OTHERS[name] for name in Edit.model_fields if name != "version"}


@pytest.mark.parametrize("name", sorted(CHANGES.keys() - {"category", "request_type"}))
def test_only_the_sent_field_changes(conn: Connection, ticket: UUID, name: str) -> None:
    """F-A6"""
    before = stored(conn)
    answer = patch(ticket, {name: CHANGES[name]}, '"1"')
    assert (answer.status, answer.headers["ETag"]) == (200, '"2"')
    assert answer.body == call("GET", f"/tickets/{ticket}").body
    after = stored(conn)
    assert after[name] == CHANGES[name]
    follow = {"version", "updated_at", "provenance", "text_version", "priority_inputs", "title",
              "route", "sla_version"}  # fmt: skip
    searched = {"search", "search_version"} if name in ("subject", "body") else set[str]()
    assert {n for n in after if after[n] != before[n]} <= follow | searched | {name}
    assert after["version"] == 2
    assert after["updated_at"] > before["updated_at"]


def test_all_fields_change_at_once(conn: Connection, ticket: UUID) -> None:
    """F-A6 F-A9"""
    answer = patch(ticket, {**CHANGES, "version": 1})
    assert {name: answer.body[name] for name in CHANGES} == CHANGES
    assert answer.body["text_version"] == 2
    (kind, actor, data), status = edits_of(ticket)
    assert (kind, actor) == ("ticket.updated", "anonymous")
    assert data["changes"].keys() == CHANGES.keys() - {"status"}
    assert data["changes"]["body"] == {"old": arrange.COLUMNS["body"], "new": ""}
    assert status == ("ticket.status", "anonymous", {"old": "new", "new": "pending"})


def test_null_unassigns(conn: Connection, ticket: UUID) -> None:
    """F-A6"""
    patch(ticket, {"assignee": "a", "department": "Sales"}, "*")
    answer = patch(ticket, {"assignee": None, "department": None}, "*")
    assert (answer.body["assignee"], answer.body["department"]) == (None, None)
    assert edits_of(ticket)[-1][2]["changes"]["assignee"] == {"old": "a", "new": None}


@pytest.mark.parametrize(
    ("body", "if_match", "status", "where"),
    [
        ({"subject": "x"}, None, 428, []),
        ({"subject": "x"}, '"2"', 412, []),
        ({"subject": "x"}, 'W/"1"', 412, []),
        ({"subject": "x"}, '"2", W/"1", "3"', 412, []),
        ({"subject": "x"}, '"01"', 412, []),
        ({"subject": "x"}, f'"{10**400}"', 412, []),
        ({"subject": "x"}, "1", 400, ["If-Match"]),
        ({"subject": "x"}, "", 400, ["If-Match"]),
        ({"subject": "x"}, '*, "1"', 400, ["If-Match"]),
        ({"subject": "x", "version": 2}, None, 409, ["/version"]),
        ({"subject": "x", "version": 10**400}, None, 409, ["/version"]),
        ({"subject": "x", "version": 2}, '"1"', 409, ["/version"]),
        ({"subject": "x", "version": 1}, '"2"', 412, []),
        ({"subject": "x", "version": 0}, None, 422, ["/version"]),
        ({"subject": "x", "version": "1"}, None, 422, ["/version"]),
        ({"subject": "x", "version": None}, '"1"', 422, ["/version"]),
        ({"subject": "x", "version": True}, '"1"', 422, ["/version"]),
        ({}, '"1"', 400, []),
        ({"version": 1}, None, 400, []),
        ([], '"1"', 422, [""]),
        ("subject", '"1"', 422, [""]),
        ({"subject": " "}, '"1"', 422, ["/subject"]),
        ({"subject": None}, '"1"', 422, ["/subject"]),
        ({"subject": "x" * 501}, '"1"', 422, ["/subject"]),
        ({"assignee": " "}, '"1"', 422, ["/assignee"]),
        ({"assignee": "x" * 101}, '"1"', 422, ["/assignee"]),
        ({"tags": ["a", ""]}, '"1"', 422, ["/tags/1"]),
        ({"tags": None}, '"1"', 422, ["/tags"]),
        ({"tags": ["x"] * 21}, '"1"', 422, ["/tags"]),
        ({"needs_review": "true"}, '"1"', 422, ["/needs_review"]),
        ({"metadata": []}, '"1"', 422, ["/metadata"]),
        ({"metadata": {"x": "y" * 9_000}}, '"1"', 422, ["/metadata"]),
        ({"status": "lost"}, '"1"', 422, ["/status"]),
        ({"priority": None}, '"1"', 422, ["/priority"]),
        ({"title": "x", "caller": "bob"}, '"1"', 422, ["/title", "/caller"]),
        ({"subject": "a\x00b"}, '"1"', 400, ["/subject"]),
        ({"subject": "\ud800"}, '"1"', 400, ["/subject"]),
        ({"category": "Network"}, '"1"', 422, ["/category"]),
        ({"category": "Network", "request_type": "Monitor"}, '"1"', 422,
         ["/category", "/request_type"]),
    ],
)  # fmt: skip
def test_what_is_wrong_is_refused_and_nothing_changes(
    conn: Connection, ticket: UUID, body: object, if_match: str | None, status: int,
    where: list[str],
) -> None:  # fmt: skip
    """F-A6 F-A14"""
    before = stored(conn), arrange.count(conn, "events")
    answer = patch(ticket, body, if_match)
    assert (answer.status, pointers(answer)) == (status, where)
    assert (stored(conn), arrange.count(conn, "events")) == before
    if status == 412:
        assert answer.headers["ETag"] == '"1"'


def test_a_body_that_is_no_json_is_refused(ticket: UUID) -> None:
    """F-A6"""
    for raw in ("", "{", '{"subject": "x", "subject": "y"}', '{"version": ' + "9" * 5_000 + "}"):
        assert call("PATCH", f"/tickets/{ticket}", raw.encode()).status == 400
    plain = {"Content-Type": "text/plain", "If-Match": "*"}
    assert call("PATCH", f"/tickets/{ticket}", b"{}", headers=plain).status == 415
    long = json.dumps({"body": "x" * 140_000})
    assert call("PATCH", f"/tickets/{ticket}", long.encode()).status == 413


@pytest.mark.parametrize("if_match", ['"1"', "*", '"0", "1"', 'W/"1","1"', '  "1"  '])
def test_the_condition_may_be_said_in_many_ways(ticket: UUID, if_match: str) -> None:
    """F-A6"""
    assert patch(ticket, {"subject": "x"}, if_match).status == 200


def test_several_headers_are_one_list(ticket: UUID) -> None:
    """F-A6"""
    headers = {"if-match": ['"7"', '"1"']}
    answer = call("PATCH", f"/tickets/{ticket}", headers=headers, body={"subject": "x"})
    assert answer.status == 200


def test_an_unknown_ticket_is_not_found(ticket: UUID) -> None:
    assert patch(UNKNOWN, {"subject": "x"}, '"1"').status == 404
    assert patch("nonsense", {"subject": "x"}, '"1"').status == 400


@pytest.mark.parametrize(("role", "status"), [("customer", 403), ("service", 403), ("agent", 200)])
def test_agents_edit(
    ticket: UUID, monkeypatch: pytest.MonkeyPatch, role: Role, status: int
) -> None:
    """F-A6"""
    monkeypatch.setattr(Api, "caller", property(lambda _: Caller("anonymous", role)))
    assert patch(ticket, {"subject": "x"}, '"1"').status == status


def test_a_value_that_is_there_already_changes_nothing(conn: Connection, ticket: UUID) -> None:
    """F-A6"""
    before = stored(conn)
    answer = patch(ticket, {**{n: before[n] for n in ("subject", "tags", "metadata")}}, '"1"')
    assert (answer.status, answer.headers["ETag"]) == (200, '"1"')
    assert stored(conn) == before
    assert edits_of(ticket) == []


def test_true_is_not_one(conn: Connection, ticket: UUID) -> None:
    """F-A6"""
    patch(ticket, {"metadata": {"a": 1}}, "*")
    assert patch(ticket, {"metadata": {"a": True}}, "*").body["metadata"] == {"a": True}
    assert stored(conn)["version"] == 3
