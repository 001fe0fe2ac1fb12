"""Gaps of the SLA, of a catalog with one promise."""

from datetime import UTC, datetime

from deskhand.audits.export import OldTicket
from deskhand.audits.sla_gaps import sla_gaps
from deskhand.catalog.parse import parse_catalog

CATALOG = parse_catalog(
    {
        "service_catalog": {
            "catalog": {
                "categories": [
                    {"name": "A", "requests": [
                        {"name": "Fast", "sla": {"unit": "hours", "value": 4, "by_priority": {
                            "critical": {"unit": "hours", "value": 1}}}},
                        {"name": "None"},
                    ]}
                ]
            }
        }
    }
)  # fmt: skip
FAST, NONE = (("A", "Fast"),), (("A", "None"),)


def at(hour: int, minute: int = 0) -> datetime:
    """A time of one day."""
    return datetime(2026, 5, 4, hour, minute, tzinfo=UTC)


def ticket(number: int, **fields: object) -> OldTicket:
    """An old ticket."""
    made = {"external_id": str(number), "subject": "a", "created_at": at(8), **fields}
    return OldTicket(number, **made)  # type: ignore[arg-type]


def test_pairs_without_a_promise_are_counted() -> None:
    found = sla_gaps([ticket(1), ticket(2), ticket(3)], [NONE, NONE, FAST], CATALOG)
    assert found["without"] == [{"category": "A", "request_type": "None", "tickets": 2}]


def test_late_tickets_are_found_by_the_export_or_else_by_the_catalog() -> None:
    """F-J7"""
    tickets = [
        ticket(1, solved_at=at(13)),  # due 12:00 by the catalog
        ticket(2, solved_at=at(12)),
        ticket(3, solved_at=at(20), due_at=at(10)),
        ticket(4, solved_at=at(13), due_at=at(18)),
        ticket(5),  # not solved when the export ends, at 20:00
        ticket(6, solved_at=at(10), priority="1 - Critical"),  # due 9:00
        ticket(7, created_at=None, solved_at=at(20)),
        ticket(8, solved_at=at(12, 1)),  # seconds are cut off
    ]
    missed = sla_gaps(tickets, [FAST] * 8, CATALOG)["missed"]
    assert [(row["external_id"], row["due_by"], row["late_hours"]) for row in missed] == [
        ("3", "export", 10.0), ("5", "catalog", 8.0), ("1", "catalog", 1.0), ("6", "catalog", 1.0),
    ]  # fmt: skip
    assert missed[1]["solved_at"] is None


def test_values_that_differ_from_the_catalog_are_listed() -> None:
    tickets = [
        ticket(1, sla_value="8", sla_unit="hours"),
        ticket(2, sla_value="4,0", sla_unit="Hour"),
        ticket(3, sla_value="4", sla_unit="days"),
        ticket(4, sla_value="soon", sla_unit=""),
        ticket(5),
    ]
    differing = sla_gaps(tickets, [FAST] * 5, CATALOG)["differing"]
    assert [(row["external_id"], row["stored"], row["catalog"]) for row in differing] == [
        ("1", "8 hours", "4 hours"), ("3", "4 days", "4 hours"), ("4", "soon", "4 hours"),
    ]  # fmt: skip


def test_tickets_without_a_known_pair_have_no_promise() -> None:
    found = sla_gaps([ticket(1, solved_at=at(23))], [()], CATALOG)
    assert found == {"without": [], "missed": [], "differing": []}
