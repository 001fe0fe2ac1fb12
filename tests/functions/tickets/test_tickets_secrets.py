"""Secrets in tickets: hidden from readers, revealed on record, never read by a model."""

import pytest

from deskhand.similarity.readable import readable
from deskhand.store import steps
from deskhand.store.connection import Connection
from functions.classify.handler import handler as classify
from functions.extract_entities.handler import handler as extract
from tests import arrange
from tests.functions.conftest import step_event
from tests.functions.gateway import call
from tests.functions.tickets.requests import edits_of, patch

BODY = "The VPN asks for a password: Sommer2026! Then it drops.\nkey AKIAABCDEFGH12345678"


@pytest.mark.usefixtures("aws")
def test_secrets_are_hidden_until_somebody_asks_and_that_is_recorded(conn: Connection) -> None:
    """F-E12"""
    ticket_id, _ = arrange.accepted(conn, subject="PIN: 4711", body=BODY)
    shown = call("GET", f"/tickets/{ticket_id}").body
    assert not any(secret in str(shown) for secret in ("Sommer", "AKIA", "4711"))
    assert [(each["kind"], each["field"]) for each in shown["secrets"]] == [
        ("password", "subject"), ("password", "body"), ("token", "body"),
    ]  # fmt: skip
    first = shown["secrets"][1]
    assert BODY[first["start"] : first["end"]] == "Sommer2026!"
    assert "4711" not in str(call("GET", "/tickets").body)
    assert edits_of(ticket_id) == []
    revealed = call("GET", f"/tickets/{ticket_id}", query={"reveal": "secrets"}).body
    assert (revealed["subject"], revealed["body"]) == ("PIN: 4711", BODY)
    assert [kind for kind, _, _ in edits_of(ticket_id)] == ["secrets.revealed"]
    assert call("GET", f"/tickets/{ticket_id}", query={"reveal": "all"}).status == 400


@pytest.mark.usefixtures("aws")
def test_what_was_read_and_is_sent_back_loses_nothing(conn: Connection) -> None:
    """F-E12"""
    ticket_id, _ = arrange.accepted(conn, subject="VPN", body=BODY)
    read = call("GET", f"/tickets/{ticket_id}").body
    edit = {"body": read["body"], "status": "open", "version": read["version"]}
    assert patch(ticket_id, edit).status == 200
    assert conn.execute("SELECT body FROM tickets").fetchone() == {"body": BODY}
    answer = patch(ticket_id, {"body": "new password: Winter2027", "version": 2})
    assert answer.status == 200
    assert "Winter" not in answer.text + str(call("GET", f"/tickets/{ticket_id}/events").body)


@pytest.mark.usefixtures("aws")
def test_an_edit_around_a_secret_keeps_it(conn: Connection) -> None:
    """F-E12: in the text and in metadata; bullets that stand for nothing are refused."""
    ticket_id, _ = arrange.accepted(
        conn, subject="VPN", body=BODY, metadata={"login": {"password": "hunter22", "user": "bob"}}
    )
    read = call("GET", f"/tickets/{ticket_id}").body
    assert "hunter22" not in str(read)
    login = {**read["metadata"]["login"], "user": "ann"}
    edit = {"body": f"Urgent! {read['body']}", "metadata": {"login": login}, "version": 1}
    assert patch(ticket_id, edit).status == 200
    assert conn.execute("SELECT body, metadata FROM tickets").fetchone() == {
        "body": f"Urgent! {BODY}",
        "metadata": {"login": {"password": "hunter22", "user": "ann"}},
    }
    refused = patch(ticket_id, {"body": "password: \u2022\u2022\u2022\u2022\u2022", "version": 2})
    assert (refused.status, refused.body["errors"][0]["pointer"]) == (422, "/body")
    assert conn.execute("SELECT version FROM tickets").fetchone() == {"version": 2}


@pytest.mark.usefixtures("aws")
def test_counts_of_a_list_hide_secrets_too(conn: Connection) -> None:
    """F-E12"""
    arrange.accepted(conn, tags=["password: Sommer2026!"], department="pwd=Winter2027!")
    found = call("GET", "/tickets/facets").text
    assert "Sommer" not in found
    assert "Winter" not in found


@pytest.mark.parametrize("place", range(7_980, 8_020, 3))
def test_a_text_that_is_cut_for_models_is_hidden_first(place: int) -> None:
    """F-E12: a cut between a word and its secret hides both."""
    text = "a " * (place // 2) + "password: Sommer2026! " + "b " * 5_000
    assert "Sommer" not in readable(text)
    assert "2026" not in readable(text)


def test_no_step_stores_a_secret(conn: Connection, catalog: None) -> None:
    """F-E12: and places of entities are those of the text as it was sent."""
    run = arrange.accepted(conn, subject="VPN password: Sommer2026!", body=BODY + " on srv-db-01")
    classify(step_event("classify", run), None)
    extract(step_event("extract_entities", run), None)
    stored = str(steps.result(conn, run[1], "classify"))
    assert "Sommer" not in stored
    host = steps.result(conn, run[1], "extract_entities")["entities"]["values"]["host"]
    assert (BODY + " on srv-db-01")[host["start"] : host["end"]] == "srv-db-01"
