"""The table that a demo shows, and the words below it."""

import io
from typing import Any

import pytest
from rich.console import Console

from embedded import next_steps, report
from embedded.posting import Refused

TICKET: dict[str, Any] = {
    "id": "01a1f922-0d4d-72d9-ae34-5e03bd605f99",
    "title": "[P2][NETWORK] VPN drops",
    "subject": "VPN drops every few minutes at home",
    "category": "Accounts and access",
    "priority": "critical",
    "confidence": 0.949,
    "due_at": "2026-11-20T21:26:00Z",
    "duplicate_of": None,
    "needs_review": False,
    "workflow_status": "COMPLETED",
    "workflow_error": None,
    "draft": None,
    "degraded": [],
    "created_at": "2026-11-20T13:26:00.250000Z",
    "finished_at": "2026-11-20T13:26:02.500000Z",
}
DUPLICATE = TICKET | {"duplicate_of": TICKET["id"], "needs_review": True}
FAILED = TICKET | {
    "workflow_status": "FAILED",
    "workflow_error": "TriageFailed",
    "workflow_reason": "no model\nanswers",
    "due_at": None,
}


def shown(tickets: list[dict[str, Any]], width: int) -> list[str]:
    """The lines that a terminal of this width gets."""
    output = io.StringIO()
    report.show(Console(file=output, width=width), tickets)
    return output.getvalue().rstrip("\n").split("\n")


def cells(ticket: dict[str, Any], width: int = 200) -> dict[str, str]:
    """What each column says."""
    return {each.name: each.text(ticket) for each in report.columns(width)}


@pytest.mark.parametrize("width", [80, 100, 120, 148, 170, 250])
def test_each_ticket_is_one_line_that_fits(width: int) -> None:
    hostile = TICKET | {"subject": "a\nb\x1b[31m\t" + "x" * 300, "category": "c" * 90}
    lines = shown([TICKET, DUPLICATE, FAILED, hostile], width)
    assert max(map(len, lines)) <= width
    firsts = [line.split()[0] for line in lines if line.strip()]
    assert sum(first.endswith(TICKET["id"][-12:]) for first in firsts) == 4


def test_eighty_columns_hold_what_matters() -> None:
    lines = shown([DUPLICATE], 80)
    head, row = lines[1].split(), next(line for line in lines if "5e03bd605f99" in line)
    assert head == ["id", "(end)", "subject", "category", "priority", "due", "mark"]
    assert "VPN drops every few min" in row
    assert "[P2]" not in row
    assert "critical" in row
    assert row.rstrip().endswith("RD")


def test_more_room_has_more_columns() -> None:
    names = [[each.name for each in report.columns(width)] for width in (80, 105, 200)]
    assert [len(each) for each in names] == sorted({len(each) for each in names})
    assert {"confidence", "duplicate of", "seconds", "reply"} <= set(names[-1])
    assert cells(TICKET)["id"] == TICKET["id"]


def test_what_is_known_is_said() -> None:
    row = cells(TICKET)
    assert (row["subject"], row["priority"]) == (TICKET["subject"], "critical")
    assert (row["confidence"], row["seconds"], row["mark"]) == ("0.95", "2.2", "")
    assert cells(DUPLICATE)["duplicate of"] == "5e03bd605f99"
    assert cells(FAILED)["priority"] == "TriageFailed"
    bare = dict.fromkeys(("category", "priority", "confidence", "due_at"))
    assert {cells(TICKET | bare)[name] for name in bare if name != "due_at"} == {""}


def test_an_incident_without_a_subject_has_its_title() -> None:
    assert cells(TICKET | {"subject": ""})["subject"] == TICKET["title"]


def test_marks_are_explained_and_counted() -> None:
    lines = shown([TICKET, DUPLICATE, DUPLICATE, FAILED], 80)
    assert "R    2 to review" in "\n".join(lines)
    assert "D    2 duplicates" in "\n".join(lines)
    assert "F    1 failed" in "\n".join(lines)
    assert "   5e03bd605f99: TriageFailed: no model answers" in lines
    assert not report.legend([TICKET])


def test_a_reply_names_its_sources_or_what_is_missing() -> None:
    cited = [{"slug": "vpn", "number": 0}, {"slug": "vpn", "number": 2}, {"slug": "x", "number": 1}]
    answer = {"kind": "answer", "citations": cited, "review": {"passed": True}}
    assert report.reply(TICKET | {"draft": answer}) == "vpn#0,2; x#1"
    refused = {**answer, "review": {"passed": False}}
    assert report.reply(TICKET | {"draft": refused}).endswith("; not passed")
    question: dict[str, Any] = {"kind": "question", "citations": [], "review": None}
    missing = {"draft": question, "degraded": ["research", "review_reply"]}
    assert report.reply(TICKET | missing) == "asks one question; without research, review_reply"


def test_a_refused_row_says_why() -> None:
    output = io.StringIO()
    refused = [Refused(7, "odd\nsubject", 422, ("/subject: must not be blank",))]
    report.show_refused(Console(file=output, width=80), refused)
    assert output.getvalue() == (
        "row 7 refused with 422: odd subject\n    /subject: must not be blank\n"
    )


def test_the_end_says_how_many_are_new() -> None:
    said = next_steps.summary(5, 1, [TICKET, DUPLICATE, FAILED, TICKET], 3.21)
    assert said.startswith("5 tickets in 3.2 s: new 3, duplicates 1, refused 1, failed 1.\n")


def test_what_comes_next_is_there_to_be_copied() -> None:
    drafted = TICKET | {"id": "01a1f922-0d4d-72d9-ae34-000000000001", "draft": {"kind": "answer"}}
    commands = [command for _, command in next_steps.steps("http://x/api", [TICKET, drafted])]
    assert commands[:4] == [
        f"curl http://x/api/tickets/{drafted['id']}",
        f"curl http://x/api/tickets/{drafted['id']}/events",
        f"curl http://x/api/tickets/{drafted['id']}/sla",
        "make history TICKET=000000000001",
    ]
    assert next_steps.steps("http://x/api", [])[-1][1] == "make demo TICKETS=my.csv"
