"""What a request states, and what an answer says, compared with the catalog."""

import pytest

from deskhand.attribution.match import Open, Result, fields, match_given, result_of
from deskhand.attribution.request import HelpdeskRequest, read
from deskhand.catalog.parse import parse_catalog
from tests.helpdesk import CATALOG

CATALOG_READ = parse_catalog(CATALOG)


def request(**item: object) -> HelpdeskRequest:
    return read([item]).requests[0]


@pytest.mark.parametrize(
    ("category", "request_type", "pair"),
    [
        ("access management", " reset  FORGOTTEN password ", "Reset forgotten password"),
        (None, "laptop repair", "Laptop repair"),
    ],
)
def test_what_is_stated_is_enough(
    category: str | None, request_type: str | None, pair: str
) -> None:
    found = match_given(CATALOG_READ, category, request_type)
    assert isinstance(found, Result)
    assert found.outcome == "complete"
    assert found.entry is not None
    assert found.entry.request.name == pair


@pytest.mark.parametrize(
    ("category", "request_type", "reason"),
    [
        ("Hardware", "VPN issue", "the pair is not in the catalog"),
        ("Gardening", None, "the category is not in the catalog"),
        (None, "Gardening", "the request type is not in the catalog"),
    ],
)
def test_what_is_stated_is_not_in_the_catalog(
    category: str | None, request_type: str | None, reason: str
) -> None:
    assert match_given(CATALOG_READ, category, request_type) == Result("rejected", None, reason)


def test_what_is_open_is_asked_about() -> None:
    everything = match_given(CATALOG_READ, None, None)
    assert everything == Open(CATALOG_READ.entries)
    within = match_given(CATALOG_READ, "hardware", None)
    assert isinstance(within, Open)
    assert [entry.request.name for entry in within.entries] == ["Laptop repair", "Other"]
    ambiguous = match_given(CATALOG_READ, None, "other")
    assert isinstance(ambiguous, Open)
    assert [entry.category.name for entry in ambiguous.entries] == ["Hardware", "Network"]


def test_an_answer_must_be_a_pair_of_the_catalog() -> None:
    entries = CATALOG_READ.entries
    assert result_of(CATALOG_READ, entries, "network", "vpn  issue") == Result(
        "classified", CATALOG_READ.entry("Network", "VPN issue")
    )
    for pair in (("Hardware", "VPN issue"), ("", "Other"), ("", ""), ("Network", "")):
        result = result_of(CATALOG_READ, entries, *pair)
        assert result is not None
        assert result.outcome == "rejected", pair


def test_an_answer_of_another_category_is_none() -> None:
    within = match_given(CATALOG_READ, "Hardware", None)
    assert isinstance(within, Open)
    assert result_of(CATALOG_READ, within.entries, "Network", "VPN issue") is None


@pytest.mark.parametrize(
    ("sla", "filled"),
    [
        ({}, (4, "hours")),
        ({"unit": "days"}, (4, "days")),
        ({"value": "0"}, (0, "hours")),
        ({"unit": "weeks", "value": 2}, (2, "weeks")),
    ],
)
def test_the_sla_is_filled_from_the_catalog(
    sla: dict[str, object], filled: tuple[float, str]
) -> None:
    entry = CATALOG_READ.entry("Access Management", "Reset forgotten password")
    found = fields(
        request(sla=sla, request_category="ACCESS management"), Result("complete", entry)
    )
    assert (found.sla_value, found.sla_unit) == filled
    assert (found.category, found.request_type) == ("Access Management", "Reset forgotten password")


def test_without_an_entry_everything_stays_as_it_was() -> None:
    found = fields(request(request_category="Gardening"), Result("rejected", reason="unknown"))
    assert (found.category, found.request_type, found.sla_value) == ("Gardening", None, None)
