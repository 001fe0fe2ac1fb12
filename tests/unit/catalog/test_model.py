"""The catalog: what is refused names its place; what is accepted is found under any spelling."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deskhand.catalog.model import PHRASE_CHARACTERS, RequestType
from deskhand.catalog.parse import CatalogInvalid, parse_catalog
from deskhand.normal_form import normal_form


def document(*categories: object) -> dict[str, Any]:
    return {"service_catalog": {"catalog": {"categories": list(categories)}}}


def faults(wrong: object) -> dict[str, str]:
    with pytest.raises(CatalogInvalid) as raised:
        parse_catalog(wrong)
    return dict(raised.value.errors)


HARDWARE = {
    "name": "Hardware",
    "code": "HW",
    "description": "Devices",
    "requests": [
        {
            "name": "Broken laptop",
            "description": "It does not start.",
            "keywords": ["laptop", "battery"],
            "examples": ["My laptop is dead."],
            "default_priority": "high",
            "route": "Workplace",
            "escalate_on": ["smoke"],
            "sla": {"unit": "hours", "value": 0},
        },
        {"name": "New mouse"},
    ],
}


def test_everything_that_is_given_is_kept() -> None:
    """F-I1"""
    catalog = parse_catalog(document(HARDWARE))
    assert catalog.document == document(HARDWARE)
    request = catalog.entries[0].request
    assert request.sla is not None
    assert (request.sla.unit, request.sla.value) == ("hours", 0)
    assert request.default_priority == "high"


def test_plain_names_are_enough() -> None:
    catalog = parse_catalog(document("Travel", {"name": "IT", "requests": ["Laptop", "Phone"]}))
    pairs = [(category.name, request.name) for category, request in catalog.entries]
    assert pairs == [("Travel", "Travel"), ("IT", "Laptop"), ("IT", "Phone")]


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        (None, ""),
        ({}, ""),
        ({"service_catalog": []}, "/service_catalog"),
        ({"service_catalog": {"catalog": None}}, "/service_catalog/catalog"),
        ({**document("a"), "extra": 1}, "/extra"),
        (document(), "/service_catalog/catalog/categories"),
    ],
)
def test_a_wrong_frame_names_its_place(wrong: object, pointer: str) -> None:
    """F-I1"""
    assert pointer in faults(wrong)


@pytest.mark.parametrize(
    ("request_type", "pointer"),
    [
        ({}, "/name"),
        ({"name": ""}, "/name"),
        ({"name": " \t"}, "/name"),
        ({"name": "a\x00"}, "/name"),
        ({"name": "a\ud800"}, "/name"),
        ({"name": 7}, "/name"),
        ({"name": "x" * 101}, "/name"),
        ({"name": "a", "a/b~c": 1}, "/a~1b~0c"),
        ({"name": "a", "default_priority": "urgent"}, "/default_priority"),
        ({"name": "a", "keywords": "printer"}, "/keywords"),
        ({"name": "a", "keywords": ["printer", 503]}, "/keywords/1"),
        ({"name": "a", "sla": {"unit": "weeks", "value": 1}}, "/sla/unit"),
        ({"name": "a", "sla": {"unit": "hours", "value": -1}}, "/sla/value"),
        ({"name": "a", "sla": {"unit": "hours", "value": True}}, "/sla/value"),
        ({"name": "a", "sla": {"unit": "hours", "value": "four"}}, "/sla/value"),
        ({"name": "a", "sla": {"unit": "hours", "value": "4e1"}}, "/sla/value"),
        ({"name": "a", "sla": {"unit": "hours", "value": float("nan")}}, "/sla/value"),
        ({"name": "a", "sla": {"unit": "hours", "value": float("inf")}}, "/sla/value"),
        ({"name": "a", "sla": {"unit": "hours"}}, "/sla/value"),
    ],
)
def test_a_wrong_request_names_its_place(request_type: object, pointer: str) -> None:
    """F-I1"""
    found = faults(document({"name": "c", "requests": ["fine", request_type]}))
    assert found.keys() == {f"/service_catalog/catalog/categories/0/requests/1{pointer}"}


def test_all_faults_are_reported_at_once() -> None:
    wrong = document({"name": "a", "x": 1}, {"name": 2}, {"name": "c", "requests": [{"y": 1}]})
    assert len(faults(wrong)) == 4


def test_names_that_cannot_be_told_apart_are_refused() -> None:
    """F-I1"""
    place = "/service_catalog/catalog/categories"
    assert faults(document("Network", " NETWORK ")).keys() == {f"{place}/1/name"}
    same = {"name": "c", "requests": ["New laptop", "Phone", "new \t LAPTOP"]}
    found = faults(document(same))
    assert found == {f"{place}/0/requests/2/name": f"the same name as {place}/0/requests/0"}
    codes = faults(document({"name": "a", "code": "X"}, {"name": "b", "code": "x"}))
    assert codes.keys() == {f"{place}/1/code"}


def test_one_name_in_two_categories_is_no_collision() -> None:
    catalog = parse_catalog(
        document({"name": "a", "requests": ["Other"]}, {"name": "b", "requests": ["Other"]})
    )
    found = catalog.find("B", "other")
    assert found is not None
    assert found.category.name == "b"


@pytest.mark.parametrize("category", ["Hardware", " hardware ", "HARDWARE", "\uff28ardware"])
@pytest.mark.parametrize("request_type", ["Broken laptop", "broken\n  LAPTOP"])
def test_any_spelling_is_found(category: str, request_type: str) -> None:
    """F-I3"""
    found = parse_catalog(document(HARDWARE)).find(category, request_type)
    assert found is not None
    assert found.request.name == "Broken laptop"


def test_pairs_outside_the_catalog_are_not_found() -> None:
    """F-I3"""
    catalog = parse_catalog(document(HARDWARE, "Travel"))
    assert catalog.find("Travel", "Broken laptop") is None
    assert catalog.find("Hardware", "Broken lap top") is None


def test_the_version_is_the_content() -> None:
    shuffled = dict(reversed(HARDWARE.items()))
    one, two = parse_catalog(document(HARDWARE)), parse_catalog(document(shuffled))
    assert one.version == two.version
    assert one.version == parse_catalog(one.document).version
    assert one.version != parse_catalog(document({**HARDWARE, "code": "H"})).version


def test_phrases_are_all_the_wording_once() -> None:
    request = {"name": "Laptop", "keywords": ["pc", "pc"], "description": "x" * 2000}
    catalog = parse_catalog(document({"name": "c", "requests": [request]}))
    said = [(phrase.kind, len(phrase.text)) for phrase in catalog.phrases()]
    assert said == [("name", 6), ("description", PHRASE_CHARACTERS), ("keyword", 2)]


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(),
        lambda inner: (
            st.lists(inner)
            | st.dictionaries(
                st.sampled_from(["name", "requests", "sla", "categories", "x"]), inner
            )
        ),
    )
)
def test_any_json_is_a_catalog_or_a_list_of_faults(value: Any) -> None:
    try:
        catalog = parse_catalog({"service_catalog": {"catalog": value}})
    except CatalogInvalid as error:
        assert error.errors
    else:
        assert parse_catalog(catalog.document) == catalog


@given(st.text())
def test_normalising_twice_changes_nothing(name: str) -> None:
    assert normal_form(normal_form(name)) == normal_form(name)


@pytest.mark.parametrize(("text", "value"), [("4", 4), (" 24 ", 24), ("0", 0), ("1.5", 1.5)])
def test_a_number_may_be_written_as_a_text(text: str, value: float) -> None:
    """As helpdesks write their catalogs; the version is that of the number."""
    written = RequestType.model_validate({"name": "a", "sla": {"unit": "hours", "value": text}})
    assert written.sla is not None
    assert written.sla.value == value
    plain = RequestType.model_validate({"name": "a", "sla": {"unit": "hours", "value": value}})
    assert written == plain
