"""What a search by `q` finds in tickets, and what it must not tell."""

import pytest

from deskhand.safety.secrets.hiding import SEARCHED
from deskhand.store.connection import Connection
from functions.migrate.handler import handler as migrate
from tests import arrange
from tests.functions.gateway import call

PASSWORD = "Sommerregen2026!"
TOLD = f"My password: {PASSWORD} does not work for the Netzwerkdrucker."


def found(q: str) -> list[str]:
    """The subjects of the tickets that a search finds."""
    answer = call("GET", "/tickets", query={"q": q})
    assert answer.status == 200, answer.body
    return [each["subject"] for each in answer.body["tickets"]]


@pytest.mark.parametrize(
    ("body", "q", "finds"),
    [
        ("Der Netzwerkdrucker im 3. OG druckt nicht", "Drucker", True),
        ("Der Druckertreiber fehlt", "drucker", True),
        ("Die Druckertreibern fehlen", "Treiber", True),
        ("Mit den Netzwerkdruckern geht nichts", "Drucker", True),
        ("Alle Systemdateien sind weg", "Datei", True),
        ("Die Rechnungsnummer ist falsch", "Rechnungen", True),
        ("BENUTZERKONTEN gesperrt", "Konten", True),
        ("Netzwerkdru\u0308cke", "Dr\u00fccke", True),
        ("De wachtwoordmanager start niet", "wachtwoord", True),
        ("Der Drucker im Netzwerk druckt nicht", "Netzwerkdrucker", True),
        ("Netzwerk-Drucker offline", "Netzwerkdrucker", True),
        ("Netzwerk-Drucker offline", "Drucker", True),
        ("Platz: Arbeit im Home-Office", "Arbeitsplatz", True),
        ("Share point is down", "SharePoint", True),
        ("Der Netzwerkdrucker druckt nicht", "Drucker OR Fax", True),
        ("Der Netzwerkdrucker druckt nicht", "Drucker druckt", True),
        ("Der Netzwerkdrucker druckt nicht", "Drucker Fax", False),
        ("Der Netzwerkdrucker druckt nicht", "druckt -Drucker", False),
        ("Der Netzwerkdrucker druckt nicht", '"Drucker"', False),
        ("Der Netzwerkdrucker druckt nicht", '"der Netzwerkdrucker"', True),
        ("Der Netzwerkdrucker druckt nicht", '"Drucker druckt', False),
        ("Der Drucker druckt nicht", "Netzwerkdrucker", False),
        ("Das Netzwerk ist langsam", "Netzwerkdrucker", False),
        ("Der Netzwerkdrucker druckt nicht", "werkdruck", False),
        ("Der Netzwerkdrucker druckt nicht", "etzwerkdrucker", False),
        ("Is there any support?", "ports", False),
        ("My reaction", "action", False),
        ("printing", "print", True),
    ],
)
def test_compounds_are_found_by_their_parts(
    conn: Connection, body: str, q: str, finds: bool
) -> None:
    """F-A5: and a compound in texts that have its parts as words of their own."""
    arrange.accepted(conn, subject="s", body=body)
    assert found(q) == (["s"] if finds else [])


def test_a_search_does_not_tell_a_secret(conn: Connection) -> None:
    """F-A5: neither as a word, nor by its begin or its end, nor after an edit."""
    arrange.accepted(conn, subject="mine", body=TOLD)
    parts = ("Sommerregen2026", PASSWORD, "Sommerregen", "Sommer", "Regen", "2026")
    assert found("password work Drucker") == ["mine"]
    assert [q for q in parts if found(q)] == []
    ticket = call("GET", "/tickets").body["tickets"][0]
    headers = {"If-Match": f'"{ticket["version"]}"'}
    body = {"body": f"The new one: {TOLD.replace('2026', '2027')} Thanks, zebra"}
    path = f"/tickets/{ticket['id']}"
    assert call("PATCH", path, body, headers=headers).status == 200
    assert found("zebra") == ["mine"]
    assert [q for q in (*parts, "2027", "Sommerregen2027") if found(q)] == []


def test_a_secret_at_the_end_of_what_is_searched_is_read_whole(conn: Connection) -> None:
    """F-A5"""
    begin = "line of a log " * (SEARCHED // 14)
    body = begin[: SEARCHED - 21] + " password: Winterabend2026!" + " zebra" * 10
    arrange.accepted(conn, subject="long", body=body)
    assert found("password line") == ["long"]
    assert [q for q in ("Winterabend", "Winter", "Winteraben", "zebra") if found(q)] == []


def test_the_deployment_makes_older_tickets_searchable(conn: Connection) -> None:
    """F-A5: those that an older release stored, or edited after a newer one."""
    for n in range(3):
        arrange.accepted(conn, subject=f"s{n}", body=TOLD)
    conn.execute("UPDATE tickets SET search = NULL, search_version = NULL WHERE subject <> 's0'")
    conn.execute(
        "UPDATE tickets SET body = 'my zebra', version = 2, text_version = 2 WHERE subject = 's0'"
    )
    answer = migrate({}, None)
    assert (answer["made_searchable"], answer["all_searchable"]) == (3, True)
    assert migrate({}, None)["made_searchable"] == 0
    assert (found("drucker"), found("zebra")) == (["s2", "s1"], ["s0"])
    assert found(PASSWORD) == []


def test_a_ticket_that_somebody_changes_is_made_searchable_later(conn: Connection) -> None:
    """F-A5"""
    arrange.accepted(conn, subject="s", body=TOLD)
    conn.execute("UPDATE tickets SET search = NULL, search_version = NULL")
    with conn.transaction():
        conn.execute("SELECT FROM tickets FOR UPDATE")
        answer = migrate({}, None)
        assert (answer["made_searchable"], answer["all_searchable"]) == (0, False)
    answer = migrate({}, None)
    assert (answer["made_searchable"], answer["all_searchable"]) == (1, True)


@pytest.mark.parametrize(
    ("q", "finds"),
    [
        ("a" * 200, False),
        ("abcdefghi " * 20, False),
        ("-abcdefghi " * 18, True),
        ('"' + "abcdefghij" * 19, False),
        ("'\\''abcdefghi" * 15, False),
        ('laptop "screen stays" -"abcdefghi or"', True),
    ],
)
def test_any_search_is_answered(conn: Connection, q: str, finds: bool) -> None:
    """F-A5"""
    arrange.accepted(conn)
    assert bool(found(q)) is finds


def test_as_many_different_words_as_there_can_be_fit(conn: Connection) -> None:
    """F-A17: letters of four bytes, in words that may all be compounds."""
    letters = [chr(0x10400 + n) for n in range(40)]
    words = ("".join(letters[(n // 40**k + k) % 40] for k in range(9)) for n in range(7_000))
    arrange.accepted(conn, subject="zebra", body=" ".join(words))
    assert found("zebra") == ["zebra"]
