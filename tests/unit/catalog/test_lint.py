"""Findings of the linter, each with its place; names from elsewhere; the command."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from deskhand.catalog.__main__ import main
from deskhand.catalog.lint import lint
from deskhand.catalog.matching import match
from deskhand.catalog.model import Catalog
from deskhand.catalog.parse import CatalogInvalid, parse_catalog

SLA = {"unit": "hours", "value": 8}
ROOT = "/service_catalog/catalog"


def catalog(*categories: Any, **more: Any) -> Catalog:
    return parse_catalog({"service_catalog": {"catalog": {"categories": list(categories), **more}}})


def found(*categories: Any, **more: Any) -> dict[str, str]:
    findings = lint(catalog(*categories, **more), date(2026, 11, 30))
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


VPN = {"name": "VPN", "sla": SLA}


def test_names_with_letters_of_another_script() -> None:
    """F-I1"""
    names = ("Card", "M\u043ause", "\u0421\u0447\u0451\u0442")
    types = [{"name": name, "sla": SLA} for name in names]
    assert found(
        {"name": "Payments", "requests": [VPN]},
        {"name": "\u0420ayments", "requests": types[:1]},
        {"name": "H\u0430rdware", "requests": types[1:2]},
        {"name": "\u041f\u043b\u0430\u0442\u0435\u0436\u0438", "requests": types[2:]},
    ) == {
        "/categories/1/name": f"looks like {ROOT}/categories/0/name,"
        " with letters of another script",
        "/categories/2/name": "mixes letters of several scripts in one word",
        "/categories/2/requests/0/name": "mixes letters of several scripts in one word",
    }


@pytest.mark.parametrize("other", ["p\u200bayments", "\uff30ayments", " PAYMENTS "])
def test_names_that_differ_by_what_nobody_sees_are_the_same(other: str) -> None:
    """F-I1"""
    with pytest.raises(CatalogInvalid, match="the same name as"):
        catalog({"name": "Payments"}, {"name": other})


def calendars(hours: Any, *holidays: Any) -> dict[str, str]:
    own = {"name": "c", "time_zone": "UTC", "hours": hours, "holidays": list(holidays)}
    return found({"name": "Net", "requests": [VPN]}, calendars=[own], calendar="c")


@pytest.mark.parametrize("hours", ["00:00-23:59", "08:00-23:59", "08:00 - 23:59"])
def test_a_day_that_ends_a_minute_before_midnight(hours: str) -> None:
    """F-I1"""
    assert calendars(
        {"monday": ["00:00-07:00", hours.replace("00:00", "07:00")], "sunday": ["00:00-24:00"]},
        {"date": "12-31", "hours": [hours]},
    ) == {
        f"/calendars/0/{place}": "loses the minute before midnight: write 24:00"
        for place in ("hours/monday/1", "holidays/0/hours/0")
    }


@pytest.mark.parametrize(
    ("holidays", "last"),
    [
        (["2026-11-29"], "2026-11-29"),
        (["2025-12-25", {"date": "2024-05-01", "hours": ["08:00-12:00"]}], "2025-12-25"),
        (["2025-12-25", "2026-11-30"], ""),
        (["2025-12-25", "12-26"], ""),
        ([], ""),
    ],
)
def test_holidays_that_are_all_past(holidays: list[Any], last: str) -> None:
    """F-I1"""
    why = {"/calendars/0/holidays": f"are all past, the last one on {last}"} if last else {}
    assert calendars({"monday": ["08:00-17:00"]}, *holidays) == why


@pytest.mark.parametrize(
    "pattern",
    [
        r"(a+)+b", r"(?:\w+\s?)+:", r"(\w*)*x", r"(?:x+x+)+y", r"(?:\w[ _]{1,2}){4,}\w(?!\w)",
        r"^(.*)*;", r"(?:[a-z]+\d*)+!", r"\s*\s*x", r"a.*b.*c", r"\d+\.\d+z", r"\w+@\w+",
        r"[A-Z]+-\d+x", r"\s+$", r"(?i)ticket.*closed", r"(?:\d+-?)+END", r"(?=(?:a+)+b)c",
    ],
)  # fmt: skip
def test_a_pattern_that_can_run_away(pattern: str) -> None:
    """F-I1 F-N9: wherever the catalog has it."""
    own = {"name": "own", "pattern": pattern}
    request = {**VPN, "entities": [own]}
    details = found({"name": "Net", "requests": [request]}, entities=[own])
    assert details.keys() == {"/categories/0/requests/0/entities/0/pattern", "/entities/0/pattern"}
    assert all(detail.startswith("can run away: it ") for detail in details.values())


@pytest.mark.parametrize(
    "pattern",
    [
        r"INC-\d+", r"\bPO\d{6,10}\b", r"(?i)cost cent(?:re|er) (\d{4})", r"\b[A-Z]+-\d+\b",
        r"(?:\d{1,3}\.){3}\d{1,3}", r"(?i)room ([A-Z]?\d{1,4})", r"[^;]{1,20};",
        r"\b(?:[0-9a-f]{2}:){5}[0-9a-f]{2}", r"\bSN[: ]*([A-Z0-9]+)", r"asset \w+",
        r"^\s*+x", r"\b\w+(?:-\w+)*\b",
    ],
)  # fmt: skip
def test_a_pattern_that_cannot(pattern: str) -> None:
    """F-I1"""
    own = {"name": "own", "pattern": pattern}
    assert found({"name": "Net", "requests": [VPN]}, entities=[own]) == {}


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
