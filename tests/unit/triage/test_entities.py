"""Entities: what providers say, held to the ticket's own words."""

import json

import pytest

from deskhand.models.output import json_schema
from deskhand.models.wrappers.masking import Masking
from deskhand.ticket import TicketText
from deskhand.triage.entities import (
    FIELDS,
    Custom,
    Entities,
    EntitiesAnswer,
    answer_schema,
    verify_entities,
)
from deskhand.triage.extract import extract
from tests.wire.models.answering import answering

TICKET = TicketText(
    "Printer PRN-00417 broken", "Order  AB-77\nfails for three colleagues. Ask ann@example.org."
)
COST = Custom("Cost centre", "Where it is booked")


def answered(**said: tuple[str, str]) -> Entities:
    """What is left of an answer that gives (value, quote) for some entities."""
    given = {
        name: {"value": said[name][0], "quote": said[name][1]} if name in said else None
        for name in FIELDS
    }
    return verify_entities(EntitiesAnswer.model_validate(given), (), TICKET)


def test_a_value_carries_the_place_that_shows_it() -> None:
    """F-D5: case and white space of a quote do not count."""
    found = answered(order_id=("AB-77", "order ab-77"), asset=("PRN-00417", "Printer PRN-00417"))
    order, asset = found.values["order_id"], found.values["asset"]
    assert order and asset
    assert (order.value, order.field, order.text) == ("AB-77", "body", "Order  AB-77")
    assert TICKET.body[order.start : order.end] == order.text
    assert (asset.field, TICKET.subject[asset.start : asset.end]) == ("subject", asset.text)
    assert found.values["host"] is None
    assert (found.found, found.rejected) == (2, [])


@pytest.mark.parametrize(
    ("name", "value", "quote"),
    [
        ("order_id", "AB-77", "Order AB-78"),  # a passage that is not there
        ("order_id", "AB-78", "Order AB-77"),  # a value that the passage does not show
        ("order_id", "AB-77", "   "),
        ("issue_type", "disaster", "fails"),
        ("urgency", "highest", "fails"),
        ("affected_users", "300", "three colleagues"),
        ("affected_users", "many", "three colleagues"),
    ],
)
def test_what_the_ticket_does_not_show_is_refused_and_counted(
    name: str, value: str, quote: str
) -> None:
    """F-D5"""
    found = answered(**{name: (value, quote)})
    assert found.values[name] is None
    assert found.rejected == [name]


def test_people_are_counted_in_figures_in_words_or_as_a_group() -> None:
    three = answered(affected_users=("3", "three colleagues")).values["affected_users"]
    assert three and three.value == 3
    team = answered(affected_users=("Team", "colleagues")).values["affected_users"]
    assert team and team.value == "team"


def test_the_catalogs_entities_are_asked_for_by_their_names() -> None:
    schema = json_schema(answer_schema((COST,)))
    assert schema["properties"]["custom"]["items"]["properties"]["name"]["enum"] == ["Cost centre"]
    assert "custom" not in json_schema(answer_schema(()))["properties"]


def test_a_models_answer_goes_the_same_way_with_personal_data_masked() -> None:
    """F-E11 F-D5"""
    said = dict.fromkeys(FIELDS) | {
        "custom": [
            {"name": "cost centre", "value": "<EMAIL_2>", "quote": "Ask <EMAIL_2>"},
            {"name": "unknown", "value": "x", "quote": "x"},
        ]
    }
    # The prompt itself speaks of the first token.
    with answering(json.dumps(said)) as (model, server):
        found = extract(Masking(model), TICKET, TICKET, [COST])
        asked = server.asked[0].last
    assert "ann@example.org" not in asked
    assert "- Cost centre: Where it is booked" in asked
    [(name, own)] = found.entities.custom.items()
    assert name == "Cost centre"
    assert own and own.value == "ann@example.org"
    assert TICKET.body[own.start : own.end] == "Ask ann@example.org"
    assert found.origin.provider == "openai"
