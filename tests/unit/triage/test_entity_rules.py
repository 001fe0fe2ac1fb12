"""Extraction by rules: what is found, and what only looks like it."""

import pytest

from deskhand.ticket import TicketText
from deskhand.triage.entities import Custom
from deskhand.triage.extract import RULES, extract


def found(text: str, subject: str = "Help", custom: tuple[Custom, ...] = ()) -> dict[str, object]:
    """Values by name, those of the catalog's entities too."""
    ticket = TicketText(subject, text)
    entities = extract(RULES, ticket, ticket, custom).entities
    assert entities.rejected == []
    for each in (*entities.values.values(), *entities.custom.values()):
        if each:
            assert getattr(ticket, each.field)[each.start : each.end] == each.text
    every = entities.values | entities.custom
    return {name: each.value for name, each in every.items() if each}


@pytest.mark.parametrize(
    ("text", "name", "value"),
    [
        ("My order 70913 should be here", "order_id", "70913"),
        ("Purchase order no. PO-4711/3 is open", "order_id", "PO-4711/3"),
        ("Meine Bestellnummer: 99-812 fehlt", "order_id", "99-812"),
        ("Commande n° 5512 en retard", "order_id", "5512"),
        ("laptop LT-00123 is dead", "asset", "LT-00123"),
        ("Asset tag: a7f-99 lost", "asset", "a7f-99"),
        ("Seriennummer C02XK1 defekt", "asset", "C02XK1"),
        ("srv-db-02 is full", "host", "srv-db-02"),
        ("File server fs-03 has no space", "host", "fs-03"),
        ("ping mail.office.local. fails", "host", "mail.office.local"),
        ("Excel on Windows 11 crashes", "product", "Excel"),
        ("Client v5.2.1 crashes", "version", "5.2.1"),
        ("Release 2024 is out", "version", "2024"),
        ("Error 0x80070005 appears", "error_code", "0x80070005"),
        ("ORA-01403: no data found", "error_code", "ORA-01403"),
        ("every page answers error 503", "error_code", "503"),
        ("Fehler 1603 beim Setup", "error_code", "1603"),
        ("All 30 users cannot print", "affected_users", 30),
        ("Drei Kollegen betroffen", "affected_users", 3),
        ("concerns two of our users", "affected_users", 2),
        ("the whole team is offline", "affected_users", "team"),
        ("Nobody can print", "affected_users", "everyone"),
        ("toute l'équipe est bloquée", "affected_users", "team"),
        ("my laptop was stolen", "issue_type", "security"),
        ("the shop is down", "issue_type", "outage"),
        ("Mein Passwort ist abgelaufen", "issue_type", "access"),
        ("La red va muy lento", "issue_type", "performance"),
        ("Das Programm stürzt ab", "issue_type", "error"),
        ("I would like a monitor", "issue_type", "request"),
        ("How do I print in colour?", "issue_type", "question"),
        ("Please help, it is urgent", "urgency", "high"),
        ("Bitte sofort", "urgency", "high"),
        ("Notfall, die Produktion steht", "urgency", "critical"),
        ("This is not urgent.", "urgency", "low"),
        ("Nothing urgent", "urgency", "low"),
        ("nicht so dringend", "urgency", "low"),
        ("ce n'est pas urgent", "urgency", "low"),
        ("It can wait until Monday", "urgency", "low"),
        ("srv-db01.corp is unreachable", "host", "srv-db01.corp"),
        ("\\\\fs01\\share is gone", "host", "fs01"),
        ("10.20.30.40 does not answer", "host", "10.20.30.40"),
        ("ping 192.168.7.12, lost", "host", "192.168.7.12"),
        ("fs01.berlin.acme.example is slow", "host", "fs01.berlin.acme.example"),
        ("Bestell-Nr. 4711-22 fehlt ein Teil", "order_id", "4711-22"),
        ("num\u00e9ro de commande 4711-22", "order_id", "4711-22"),
        ("zam\u00f3wienie nr 4711-22", "order_id", "4711-22"),
        ("the Word template is gone", "product", "Word"),
        ("excel crashes", "product", "excel"),
        ("Not urgent, but asap would be nice", "urgency", "high"),
    ],
)
def test_is_found(text: str, name: str, value: object) -> None:
    """F-D5 F-E2"""
    assert found(text)[name] == value


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("I cannot reach the order system", "order_id"),
        ("I order two monitors", "order_id"),
        ("reorder 5 of them", "order_id"),
        ("ORA-01403 again", "asset"),
        ("the room is B-12", "asset"),
        ("at jdk.internal.reflect.Proxy", "host"),
        ("caused by oracle.jdbc.Driver", "product"),
        ("the version is old", "version"),
        ("an error of 3 percent", "error_code"),
        ("she joins our team", "affected_users"),
        ("I have 30 files", "affected_users"),
        ("the urgently named file", "order_id"),
        ("see INC-123456", "asset"),
        ("Ticket JIRA-12345", "asset"),
        ("Ticket JIRA-12345", "product"),
        ("outlook for the week", "product"),
        ("zoom in on the picture", "product"),
        ("Word has it that we move", "product"),
        ("the page loads app1.min.js", "host"),
        ("since version 7.2.1.3 it hangs", "host"),
        ("10.0.0.1.5 is no address", "host"),
        ("the path C:\\\\Kiosk\\conf", "host"),
        ("\u6ce8\u6587\u756a\u53f7\uff1aABC-12345", "asset"),
        ("It did not work today but it is fine", "order_id"),
    ],
)
def test_only_looks_like_it(text: str, name: str) -> None:
    """F-D5"""
    assert name not in found(text)


def test_an_empty_ticket_speaks_of_nothing() -> None:
    """F-D5"""
    assert found("", subject="Hello") == {}


def test_the_catalogs_patterns_are_tried_and_descriptions_left_to_models() -> None:
    """F-E2"""
    custom = (
        Custom("cost centre", pattern=r"[Cc]ost centre (\d{4})"),
        Custom("room", pattern=r"room [A-Z]\d+"),
        Custom("mood", description="How the requester feels"),
        Custom("floor", pattern=r"floor (\d+)"),
    )
    text = "Cost centre 4410, room B12, very sad"
    assert found(text, custom=custom) == {"cost centre": "4410", "room": "room B12"}


def test_the_catalogs_pattern_decides_what_our_own_entity_is() -> None:
    """One value for one name."""
    custom = (Custom("order_id", pattern=r"ORD-\d{4}"), Custom("asset", "Inventory number"))
    ticket = TicketText("Help", "Laptop LT-00123: order 70913 is now ORD-4711")
    entities = extract(RULES, ticket, ticket, custom).entities
    assert entities.values["order_id"].value == "ORD-4711"
    assert entities.custom == {name: entities.values[name] for name in ("order_id", "asset")}
    assert entities.values["asset"].value == "LT-00123"
