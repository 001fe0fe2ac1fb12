"""Items become requests: aliases, blank values, and values that cannot be read."""

import math
from dataclasses import asdict
from typing import Any

import pytest

from deskhand.attribution.request import Fault, HelpdeskRequest, read


def one(**fields: Any) -> HelpdeskRequest:
    [request] = read([fields]).requests
    return request


@pytest.mark.parametrize("name", ["id", "ticket_id"])
@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("T-1", "T-1"),
        (0, "0"),
        (7, "7"),
        (3.0, "3"),
        (3.5, "3.5"),
        (" x ", "x"),
        (10**50, str(10**50)),
    ],
)
def test_an_id_is_a_text_or_a_number(name: str, value: object, text: str) -> None:
    assert one(**{name: value}).helpdesk_id == text


@pytest.mark.parametrize(
    ("names", "field"),
    [
        (("short_description", "subject"), "short_description"),
        (("long_description", "description", "body"), "long_description"),
        (("requester_email",), "requester_email"),
        (("request_category",), "category"),
        (("request_type",), "request_type"),
    ],
)
def test_the_first_name_that_holds_something_counts(names: tuple[str, ...], field: str) -> None:
    everything = {name: f"by {name}" for name in names}
    assert asdict(one(**everything))[field] == f"by {names[0]}"
    for number, name in enumerate(names):
        blank = dict.fromkeys(names[:number], " \t\n") | {name: f"by {name}"}
        assert asdict(one(**blank))[field] == f"by {name}"
    assert asdict(one(**dict.fromkeys(names, "")))[field] is None


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (3, 3),
        (3.0, 3),
        ("3.0", 3),
        ("3", 3),
        (0, 0),
        ("0", 0),
        ("", None),
        (None, None),
        (" ", None),
    ],
)
def test_the_value_of_an_sla(value: object, number: float | None) -> None:
    found = read([{"sla": {"unit": "hours", "value": value}}])
    assert (found.requests[0].sla_value, found.unread) == (number, [])


@pytest.mark.parametrize(
    "value",
    [True, -1, "-1", math.nan, math.inf, "NaN", "1e3", "٣", [3], {"v": 3}, 10**400, "9" * 5000],
)
def test_what_is_no_number_is_left_empty_and_named(value: object) -> None:
    found = read([{}, {"id": 1, "sla": {"unit": "hours", "value": value}}])
    assert found.requests[1].sla_value is None
    assert found.requests[1].sla_unit == "hours"
    assert found.unread == [Fault(1, "sla.value is not a number from 0 on")]


@pytest.mark.parametrize("sla", ["4 hours", 4, [], True])
def test_an_sla_that_is_no_object(sla: object) -> None:
    assert read([{"sla": sla}]).unread == [Fault(0, "sla is not an object")]


@pytest.mark.parametrize("value", [True, ["x"], {"x": 1}, math.nan])
def test_a_text_that_is_none(value: object) -> None:
    found = read([{"subject": value, "id": "7"}])
    assert found.requests[0].short_description is None
    assert found.requests[0].helpdesk_id == "7"
    assert found.unread == [Fault(0, "subject is not a text")]


def test_items_that_are_no_objects_are_counted_and_named() -> None:
    found = read([{"id": 1}, None, "x", 7, [], {"id": 2}])
    assert [request.position for request in found.requests] == [0, 5]
    assert [fault.index for fault in found.unreadable] == [1, 2, 3, 4]


def test_ids_are_no_keys() -> None:
    found = read([{"id": 1}, {"id": 1}, {}])
    assert [(r.position, r.helpdesk_id) for r in found.requests] == [(0, "1"), (1, "1"), (2, None)]


def test_characters_that_no_database_takes() -> None:
    assert one(subject="a\0b\ud800c").short_description == "a\ufffdb\ufffdc"
