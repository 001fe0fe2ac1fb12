"""Findings of the linter, each with its place; names from elsewhere; the command."""

from pathlib import Path
from typing import Any

import pytest

from deskhand.catalog.__main__ import main
from deskhand.catalog.lint import lint
from deskhand.catalog.matching import match
from deskhand.catalog.model import Catalog
from deskhand.catalog.parse import parse_catalog

SLA = {"unit": "hours", "value": 8}
ROOT = "/service_catalog/catalog"


def catalog(*categories: Any, **more: Any) -> Catalog:
    return parse_catalog({"service_catalog": {"catalog": {"categories": list(categories), **more}}})


def found(*categories: Any, **more: Any) -> dict[str, str]:
    findings = lint(catalog(*categories, **more))
    return {each.pointer.removeprefix(ROOT): each.detail for each in findings}


def test_nothing_is_found_in_the_sample() -> None:
    assert main(Path("localstack/samples/catalog.yaml")) == 0


def test_a_missing_promise() -> None:
    requests = [{"name": "VPN", "sla": SLA}, "Wi-Fi"]
    assert found({"name": "Network", "requests": requests}, {"name": "Fax"}) == {
        "/categories/0/requests/1": "has no sla: its tickets are never due",
        "/categories/1": "has no sla: its tickets are never due",
    }


def test_shared_wording() -> None:
    one = {"name": "VPN", "keywords": ["tunnel", "Remote  access"], "sla": SLA}
    other = {"name": "Wi-Fi", "keywords": ["wlan", "remote ACCESS"], "sla": SLA}
    assert found({"name": "Network", "requests": [one, other]}) == {
        "/categories/0/requests/1": "the keyword 'remote ACCESS' is also at"
        f" {ROOT}/categories/0/requests/0"
    }


def test_a_type_that_nothing_leads_to() -> None:
    one = {"name": "Other", "keywords": ["misc"], "sla": SLA}
    other = {"name": "other", "sla": SLA}
    details = found({"name": "A", "requests": [one]}, {"name": "B", "requests": [other]})
    assert details == {
        "/categories/1/requests/0": "cannot be reached: all its wording is other types' too"
    }


def test_a_higher_priority_with_more_time() -> None:
    sla = {**SLA, "by_priority": {"critical": {"unit": "days", "value": 1}}}
    assert found({"name": "A", "requests": [{"name": "VPN", "sla": sla}]}) == {
        "/categories/0/requests/0/sla/by_priority": "critical has more time than high"
    }


def test_a_code_that_is_a_name_and_a_calendar_that_nobody_uses() -> None:
    calendar = {"name": "night", "time_zone": "UTC", "hours": {"monday": ["00:00-06:00"]}}
    details = found(
        {"name": "Net", "requests": [{"name": "VPN", "sla": SLA}]},
        {"name": "Mail", "code": "NET", "requests": [{"name": "Box", "sla": SLA}]},
        calendars=[calendar],
    )
    assert details == {
        "/categories/1/code": f"is the name of {ROOT}/categories/0",
        "/calendars/0": "is used by no request type",
    }


def test_the_command_names_the_places(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """F-I1"""
    file = tmp_path / "catalog.yaml"
    file.write_text("service_catalog: {catalog: {categories: [{name: A}, {name: a}]}}")
    assert main(file) == 1
    assert f"error: {ROOT}/categories/1/name: the same name as" in capsys.readouterr().out
    file.write_text("service_catalog: {catalog: {categories: [A]}}")
    assert main(file) == 0
    assert f"warning: {ROOT}/categories/0: has no sla" in capsys.readouterr().out
    assert main(tmp_path / "none.yaml") == 1
    assert "cannot be read" in capsys.readouterr().out


KNOWN = catalog(
    {"name": "Network", "code": "NET", "requests": ["VPN", "Other"]},
    {"name": "Mail", "requests": ["Other"]},
    {"name": "Net", "requests": ["VPN", "Cable"]},
)


@pytest.mark.parametrize(
    ("category", "request_type", "wanted"),
    [
        (" network ", "vpn", "Network / VPN"),
        ("MAIL", None, "Mail / Other"),
        (None, "cable", "Net / Cable"),
        ("NET", "other", "Network / Other"),
        ("net", "VPN", "ambiguous"),
        (None, "Other", "ambiguous"),
        ("Network", None, "ambiguous"),
        ("Mail", "VPN", "unknown"),
        ("", " ", "unknown"),
        (None, None, "unknown"),
    ],
)
def test_names_from_elsewhere(category: str | None, request_type: str | None, wanted: str) -> None:
    """F-I3"""
    result = match(KNOWN, category, request_type)
    if result.entry is None:
        assert result.problem == wanted
        assert len(result.candidates) != 1
        assert bool(result.candidates) == (wanted == "ambiguous")
    else:
        assert f"{result.entry.category.name} / {result.entry.request.name}" == wanted
