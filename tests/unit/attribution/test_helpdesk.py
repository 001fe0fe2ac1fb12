"""The shapes of a helpdesk's answer, and what is an error inside a 200."""

from typing import Any

import pytest

from deskhand.attribution.helpdesk import items
from deskhand.errors import DeskhandError, HelpdeskInvalid, HelpdeskRefused, HelpdeskUnavailable

ITEMS = [{"id": 1}]


@pytest.mark.parametrize(
    "document",
    [
        ITEMS,
        {"response_code": 200, "data": ITEMS},
        {"response_code": 200, "data": {"requests": ITEMS}},
        {"response_code": "200", "data": {"requests": ITEMS}},
        {"requests": ITEMS},
    ],
)
def test_every_shape(document: Any) -> None:
    assert items(document) == ITEMS


@pytest.mark.parametrize(
    "document",
    [
        {"data": None},
        {"data": {}},
        {"data": "requests"},
        {"data": 7},
        {"data": {"requests": None}},
        {"data": {"requests": {"1": {}}}},
        {"response_code": 200},
        {"response_code": True, "data": ITEMS},
        {"response_code": "fine", "data": ITEMS},
        {"response_code": 2e2, "data": ITEMS},
        {"response_code": [200], "data": ITEMS},
        "text",
        7,
        None,
        {},
    ],
)
def test_other_shapes_are_errors(document: Any) -> None:
    with pytest.raises(HelpdeskInvalid):
        items(document)


@pytest.mark.parametrize(
    ("code", "error"),
    [
        (401, HelpdeskRefused),
        ("401", HelpdeskRefused),
        (" 403 ", HelpdeskRefused),
        (404, HelpdeskRefused),
        (201, HelpdeskRefused),
        (429, HelpdeskUnavailable),
        ("500", HelpdeskUnavailable),
        (503, HelpdeskUnavailable),
    ],
)
def test_a_code_in_the_document_counts(code: int | str, error: type[DeskhandError]) -> None:
    with pytest.raises(error, match=str(code).strip()):
        items({"response_code": code, "message": "key-CANARY", "data": ITEMS})
