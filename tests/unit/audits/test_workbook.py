"""The findings as a spreadsheet, read back by a second library."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import openpyxl

from deskhand.audits.summary import SUMMARY
from deskhand.audits.workbook import write_workbook

AT = datetime(2026, 5, 1, tzinfo=UTC)
TICKET = {"external_id": "=1+1", "place": 7, "subject": '=HYPERLINK("http://a.example")'}
RESULT: dict[str, Any] = {
    "summary": {**dict.fromkeys(SUMMARY, 9), "agreement": None},
    "misroutes": [
        {**TICKET, "category": "A", "request_type": "", "predicted_category": "B",
         "predicted_request_type": "C", "confidence": 0.9, "stored_confidence": 0.1,
         "expected_gain": 0.8, "calibrated": True},
    ],
    "clusters": [
        {**TICKET, "tickets": 2, "places": 1, "first_at": "2026-05-01T00:00:00+00:00",
         "last_at": None, "members": [{**TICKET, "external_id": "8", "similarity": 0.95}]},
    ],
    "sla": {
        "without": [{"category": "A", "request_type": "B", "tickets": 3}],
        "missed": [],
        "differing": [{**TICKET, "stored": "8 hours", "catalog": "4 hours"}],
    },
    "gaps": [{**TICKET, "theme": 1, "tickets": 2, "nearest": 0.1}],
    "unknown_pairs": [{"category": "+x", "request_type": "@y", "tickets": 1}],
}  # fmt: skip
SOURCE = {"format": "csv", "mapping": {"subject": "-Title"}, "notes": ["a", "b"], "rows": 9}


def sheets(path: Path) -> dict[str, list[tuple[Any, ...]]]:
    """The values of each sheet; fails when a cell is a formula."""
    book = openpyxl.load_workbook(path)
    assert all(cell.data_type != "f" for sheet in book for row in sheet for cell in row)
    return {sheet.title: list(sheet.values) for sheet in book}


def test_each_kind_has_a_sheet_and_text_stays_text(tmp_path: Path) -> None:
    """F-J7"""
    write_workbook(tmp_path / "a.xlsx", RESULT, SOURCE, AT)
    found = sheets(tmp_path / "a.xlsx")
    assert list(found) == [
        "Summary", "Misroutes", "Duplicates", "SLA missed", "SLA differing", "Without SLA",
        "Catalog gaps", "Unknown pairs",
    ]  # fmt: skip
    assert found["Misroutes"][1] == (
        "=1+1", 7, '=HYPERLINK("http://a.example")', "A", "", "B", "C", 0.9, 0.1, 0.8, "yes",
    )  # fmt: skip
    assert [row[:2] for row in found["Duplicates"][1:]] == [(1, "=1+1"), (1, "8")]
    assert len(found["SLA missed"]) == 1
    assert (SUMMARY["agreement"], None) in found["Summary"]
    assert ("mapping: subject", "-Title") in found["Summary"]
    assert ("notes", "a, b") in found["Summary"]


def test_the_same_findings_give_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a.xlsx", "b.xlsx"):
        write_workbook(tmp_path / name, RESULT, SOURCE, AT)
    assert (tmp_path / "a.xlsx").read_bytes() == (tmp_path / "b.xlsx").read_bytes()
