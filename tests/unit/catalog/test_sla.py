"""What a catalog may promise: refused with its place where it contradicts itself."""

from datetime import timedelta
from typing import Any

import pytest

from deskhand.catalog.model import Catalog
from deskhand.catalog.parse import CatalogInvalid, parse_catalog
from deskhand.sla.terms import SlaTerms, terms_of

WEEK = {"monday": ["08:00-12:00", "13:00-17:00"], "friday": ["08:00-12:00"]}
OFFICE = {"name": "office", "time_zone": "Europe/Berlin", "hours": WEEK}
HOURS = timedelta(hours=1)


def catalog(request: dict[str, Any] | None = None, **more: Any) -> Catalog:
    categories = [{"name": "Network", "requests": [{"name": "VPN", **(request or {})}]}]
    inner = {"categories": categories, "calendars": [OFFICE], **more}
    return parse_catalog({"service_catalog": {"catalog": inner}})


def faults(request: dict[str, Any] | None = None, **more: Any) -> list[str]:
    with pytest.raises(CatalogInvalid) as raised:
        catalog(request, **more)
    return [pointer.removeprefix("/service_catalog/catalog") for pointer, _ in raised.value.errors]


def terms(request: dict[str, Any], priority: str | None = None, **more: Any) -> SlaTerms:
    return terms_of(catalog(request, **more), " network", "vpn", priority)


@pytest.mark.parametrize(
    ("hours", "place"),
    [
        ({"monday": ["8-12"]}, "/hours/monday/0"),
        ({"monday": ["08:00-24:01"]}, "/hours/monday/0"),
        ({"monday": ["24:00-24:00"]}, "/hours/monday/0"),
        ({"monday": ["12:00-08:00"]}, "/hours/monday/0"),
        ({"monday": ["08:00-08:00"]}, "/hours/monday/0"),
        ({"monday": ["08:00-12:00", "11:59-13:00"]}, "/hours/monday"),
        ({"monday": ["13:00-17:00", "08:00-12:00"]}, "/hours/monday"),
        ({"moonday": []}, "/hours/moonday"),
        ({}, ""),
        ({"monday": []}, ""),
    ],
)
def test_wrong_hours_name_their_place(hours: dict[str, Any], place: str) -> None:
    """F-I1 F-I6"""
    assert faults(calendars=[{**OFFICE, "hours": hours}]) == [f"/calendars/0{place}"]


@pytest.mark.parametrize(
    "day", ["2026-02-29", "13-01", "2026-12", "24.12.", "2026-12-24x", "02-30"]
)
def test_a_wrong_holiday_names_its_place(day: str) -> None:
    assert faults(calendars=[{**OFFICE, "holidays": ["02-29", day]}]) == [
        "/calendars/0/holidays/1/date"
    ]


@pytest.mark.parametrize(
    "zone", ["Mars/Olympus", "", "../etc/passwd", "Europe/Berlin\x00", "CEST?"]
)
def test_a_wrong_zone_names_its_place(zone: str) -> None:
    assert faults(calendars=[{**OFFICE, "time_zone": zone}]) == ["/calendars/0/time_zone"]


def test_names_that_lead_nowhere_or_twice_are_refused() -> None:
    assert faults({"calendar": "Office 2"}) == ["/categories/0/requests/0/calendar"]
    assert faults(calendar="night") == ["/calendar"]
    assert faults(calendars=[OFFICE, {**OFFICE, "name": " OFFICE"}]) == ["/calendars/1/name"]
    twice = [{**OFFICE, "holidays": ["12-25", {"date": "12-25"}]}]
    assert faults(calendars=twice) == ["/calendars/0/holidays/1/date"]
    assert faults({"entities": ["order", "Order"]}) == ["/categories/0/requests/0/entities/1/name"]


@pytest.mark.parametrize(
    ("sla", "place"),
    [
        ({"unit": "days", "value": 3651}, "/sla/value"),
        ({"unit": "hours", "value": 1, "first_response": {"unit": "days", "value": 9999}},
         "/sla/first_response/value"),
        ({"unit": "hours", "value": 1, "by_priority": {"high": {"unit": "days", "value": 9999}}},
         "/sla/by_priority/high/value"),
        ({"unit": "hours", "value": 1, "by_priority": {"urgent": {"unit": "days", "value": 9}}},
         "/sla/by_priority/urgent"),
        ({"unit": "hours", "value": 1, "by_priority": {"low": {"unit": "days", "value": -1}}},
         "/sla/by_priority/low/value"),
    ],
)  # fmt: skip
def test_a_promise_that_nobody_means_is_refused(sla: dict[str, Any], place: str) -> None:
    """F-I1"""
    assert faults({"sla": sla}) == [f"/categories/0/requests/0{place}"]


def test_a_calendar_of_few_hours_makes_a_promise_longer() -> None:
    # 12 hours a week: ten years are 6,257 hours of work.
    assert faults({"sla": {"unit": "hours", "value": 6300}, "calendar": "office"}) == [
        "/categories/0/requests/0/sla/value"
    ]
    assert catalog({"sla": {"unit": "hours", "value": 6200}, "calendar": "office"})


@pytest.mark.parametrize(
    "recipient",
    [
        "mailto:a@b", "mailto:a@example.com,b@example.com", "mailto:a b@example.com",
        "mailto:a@example.com\r\nBcc: x@example.com", "mailto:<a@example.com>", "ftp://example.com",
        "https://", "javascript:alert(1)", "a@example.com", "https://example.com/ x", "",
    ],
)  # fmt: skip
def test_a_recipient_is_a_topic_an_address_or_a_hook(recipient: str) -> None:
    assert faults(escalation={"notify": [recipient]}) == ["/escalation/notify/0"]


def test_levels_come_one_after_the_other() -> None:
    after = [{"after": {"unit": "minutes", "value": value}} for value in (0, 60, 60)]
    assert faults(escalation={"levels": after}) == ["/escalation/levels/2/after"]
    hours_and_days = [
        {"after": {"unit": "hours", "value": 9}},
        {"after": {"unit": "days", "value": 1}},
    ]
    # One day is 24 hours, but 8 by the office's calendar.
    assert faults(escalation={"levels": hours_and_days}) == ["/escalation/levels/1/after"]
    assert catalog(calendars=[], escalation={"levels": hours_and_days})


def test_the_nearest_calendar_and_rule_apply() -> None:
    """F-I6"""
    night = {**OFFICE, "name": "night"}
    sla = {"unit": "days", "value": 1}
    both = [OFFICE, night]
    assert terms({"sla": sla}).calendar is None
    by_default = terms({"sla": sla}, calendars=both, calendar="OFFICE")
    assert by_default.calendar is not None
    assert by_default.calendar.name == "office"
    assert by_default.target == 8 * HOURS
    own = terms(
        {"sla": sla, "calendar": "night", "pause_on": []}, calendars=both, calendar="office"
    )
    assert own.calendar is not None
    assert (own.calendar.name, own.pauses) == ("night", frozenset())
    assert terms({}, pause_on=["hold"]).pauses == {"hold"}


def test_a_priority_may_have_a_target_of_its_own() -> None:
    sla = {
        "unit": "hours",
        "value": 8,
        "first_response": {"unit": "minutes", "value": 30},
        "by_priority": {"critical": {"unit": "hours", "value": 0}},
    }
    assert terms({"sla": sla}, "high").target == 8 * HOURS
    assert terms({"sla": sla}, "critical").target == timedelta()
    assert terms({"sla": sla}, "critical").response == 0.5 * HOURS


def test_what_is_not_in_the_catalog_is_promised_nothing() -> None:
    assert terms_of(catalog(), "Network", "Fax", "high").target is None
    assert terms_of(None, "Network", "VPN", "high").target is None


def test_a_plain_catalog_keeps_its_version() -> None:
    """F-I1: what is not said is not part of the content."""
    plain = {"service_catalog": {"catalog": {"categories": [{"name": "IT", "requests": [
        {"name": "VPN", "sla": {"unit": "hours", "value": 8}}]}]}}}  # fmt: skip
    parsed = parse_catalog(plain)
    assert parsed.document == plain
    assert hash(parsed) == hash(parse_catalog(parsed.document))


def test_a_full_catalog_comes_back_as_it_was() -> None:
    request = {
        "entities": [{"name": "order", "pattern": "[A-Z]{2}-(\\d+)"}],
        "sla": {
            "unit": "days",
            "value": 2.0,
            "by_priority": {"low": {"unit": "days", "value": 5.0}},
        },
        "escalation": {"warn_at": None, "levels": [], "notify": ["mailto:a@example.com"]},
    }
    made = catalog(request, calendars=[{**OFFICE, "hours_a_day": 7.5, "holidays": ["12-25"]}])
    assert parse_catalog(made.document) == made
    assert parse_catalog(made.document).version == made.version


def test_a_wrong_pattern_names_its_place() -> None:
    assert faults({"entities": [{"name": "order", "pattern": "("}]}) == [
        "/categories/0/requests/0/entities/0/pattern"
    ]
