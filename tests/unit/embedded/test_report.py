"""The rows that a demo shows."""

from typing import Any

from embedded import report

TICKET: dict[str, Any] = {
    "id": "01a1f922-0d4d-72d9-ae34-5e03bd605f99",
    "title": "[P2][NETWORK] VPN drops",
    "subject": "VPN drops",
    "category": "Network",
    "priority": "high",
    "confidence": 0.949,
    "due_at": "2026-11-20T21:26:00Z",
    "duplicate_of": None,
    "draft": None,
    "degraded": [],
    "created_at": "2026-11-20T13:26:00.250000Z",
    "finished_at": "2026-11-20T13:26:02.500000Z",
}


def test_a_ticket_is_one_row() -> None:
    row = report.cells(TICKET)
    assert row[:5] == ["…bd605f99", "[P2][NETWORK] VPN drops", "Network", "high", "0.95"]
    assert row[6:] == ["", "", "2.2"]


def test_what_is_not_known_stays_empty() -> None:
    bare = dict.fromkeys(("title", "category", "priority", "confidence", "due_at"))
    assert report.cells(TICKET | bare)[1:6] == ["VPN drops", "", "", "", ""]


def test_a_duplicate_names_its_original() -> None:
    assert report.cells(TICKET | {"duplicate_of": TICKET["id"]})[6] == "…bd605f99"


def test_a_reply_names_its_sources_or_what_is_missing() -> None:
    cited = [{"slug": "vpn", "number": 0}, {"slug": "vpn", "number": 2}, {"slug": "x", "number": 1}]
    answer = {"kind": "answer", "citations": cited, "review": {"passed": True}}
    assert report.reply(TICKET | {"draft": answer}) == "vpn#0,2; x#1"
    refused = {**answer, "review": {"passed": False}}
    assert report.reply(TICKET | {"draft": refused}).endswith("; not passed")
    question: dict[str, Any] = {"kind": "question", "citations": [], "review": None}
    missing = {"draft": question, "degraded": ["research", "review_reply"]}
    assert report.reply(TICKET | missing) == "asks one question; without research, review_reply"
