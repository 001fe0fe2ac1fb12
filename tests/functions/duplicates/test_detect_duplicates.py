"""DetectDuplicates: what is the same, what is alike, and what counts as an original."""

import json
from typing import Any
from uuid import UUID

import pytest

from deskhand.errors import TicketEdited
from deskhand.settings import environment
from deskhand.store.connection import Connection
from tests import arrange
from tests.functions.duplicates import alike
from tests.functions.duplicates.alike import LIKE, OTHER, SAME, VPN, call, detected, read, solve

pytestmark = pytest.mark.usefixtures("catalog")


def originals(conn: Connection, run: alike.Run) -> list[UUID]:
    row = conn.execute(
        "SELECT result FROM step_outcomes WHERE run_id = %s AND step = 'detect_duplicates'",
        [run[1]],
    ).fetchone()
    return [UUID(each) for each in row["result"]["originals"]]


def suggested(conn: Connection, ticket_id: UUID, owner: str | None = None) -> list[Any]:
    return [each["ticket_id"] for each in read(conn, ticket_id, owner)["suggested_duplicates"]]


def test_the_first_ticket_repeats_nothing(conn: Connection) -> None:
    """F-F1"""
    run, verdict = detected(conn, **VPN)
    assert verdict == {"duplicate": False, "suggested": 0, "cosine": None}
    assert originals(conn, run) == []


def test_what_is_the_same_is_found_with_its_true_cosine(conn: Connection) -> None:
    """F-D3 F-F1 F-F2: vectors are of unit length, so a twin has a cosine of one."""
    first, _ = detected(conn, **VPN)
    run, verdict = detected(conn, **VPN)
    assert (verdict["duplicate"], verdict["cosine"]) == (True, pytest.approx(1, abs=0.001))
    assert originals(conn, run) == [first[0]]


def test_what_is_alike_is_suggested_and_not_linked(conn: Connection) -> None:
    """F-F2"""
    first, _ = detected(conn, **VPN)
    detected(conn, **OTHER)
    run, verdict = detected(conn, **LIKE)
    assert (verdict["duplicate"], verdict["suggested"]) == (False, 1)
    assert 0.8 <= verdict["cosine"] < 0.9
    [shown] = read(conn, run[0])["suggested_duplicates"]
    assert (shown["ticket_id"], shown["subject"]) == (str(first[0]), VPN["subject"])
    assert shown["cosine"] == verdict["cosine"]
    assert shown["score"] > shown["cosine"], "words count too"


@pytest.mark.parametrize(
    ("name", "value", "linked", "suggests"),
    [
        ("DUPLICATE_LINK", "0.85", True, 1),
        ("DUPLICATE_SUGGEST", "0.88", False, 0),
        ("DUPLICATE_WINDOW_DAYS", "0", False, 0),
    ],
)
def test_thresholds_and_window_are_settings(
    conn: Connection,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    value: str,
    linked: bool,
    suggests: int,
) -> None:
    """F-F2"""
    detected(conn, **VPN)
    monkeypatch.setenv(name, value)
    environment.settings.cache_clear()
    _, verdict = detected(conn, **LIKE)
    assert (verdict["duplicate"], verdict["suggested"]) == (linked, suggests)


def test_the_oldest_comes_first(conn: Connection) -> None:
    """F-F3"""
    first, _ = detected(conn, **VPN)
    second, _ = detected(conn, **SAME)
    third, _ = detected(conn, **VPN)
    assert originals(conn, third) == [first[0], second[0]]


def test_what_is_solved_or_a_duplicate_is_no_original(conn: Connection) -> None:
    """F-F3"""
    solved, _ = detected(conn, **VPN)
    solve(conn, solved[0])
    first, verdict = detected(conn, **VPN)
    assert verdict["duplicate"] is False
    second, verdict = detected(conn, **SAME)
    call("link_duplicate", second, retry_count=8)
    third, _ = detected(conn, **VPN)
    assert originals(conn, third) == [first[0]]


def test_what_is_reopened_is_an_original_again(conn: Connection) -> None:
    """F-F3"""
    first, _ = detected(conn, **VPN)
    solve(conn, first[0])
    conn.execute("UPDATE tickets SET status = 'open'")
    assert detected(conn, **VPN)[1]["duplicate"] is True


def test_what_is_older_than_the_window_is_no_original(
    conn: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F-F3"""
    monkeypatch.setattr("tests.arrange.uuid7", lambda: UUID("0192f0c1-7a3e-7c2b-9d41-5f1c2a3b4c5d"))
    detected(conn, **VPN)
    monkeypatch.undo()
    assert detected(conn, **VPN)[1]["duplicate"] is False


def test_twins_that_cannot_see_each_other_end_with_one_original(conn: Connection) -> None:
    """F-F3: the younger one was looked at before the older one could be found."""
    older, younger = arrange.accepted(conn, **VPN), arrange.accepted(conn, **VPN)
    assert call("detect_duplicates", younger)["duplicate"] is False
    verdict = call("detect_duplicates", older)
    assert (verdict["duplicate"], verdict["suggested"]) == (False, 1)
    assert read(conn, younger[0])["duplicate_of"] == older[0]
    assert read(conn, older[0])["duplicate_of"] is None
    assert suggested(conn, older[0]) == [], "what is linked is not suggested"
    [linked] = conn.execute(
        "SELECT data FROM events WHERE kind = 'ticket.updated' AND ticket_id = %s", [younger[0]]
    )
    assert linked["data"]["changes"]["duplicate_of"] == {"old": None, "new": str(older[0])}


def test_a_younger_twin_brings_its_own_duplicates_along(conn: Connection) -> None:
    """F-F3: no chains."""
    older, younger = arrange.accepted(conn, **VPN), arrange.accepted(conn, **VPN)
    call("detect_duplicates", younger)
    third, verdict = detected(conn, **VPN)
    assert verdict["duplicate"] is True
    call("link_duplicate", third, retry_count=8)
    assert read(conn, third[0])["duplicate_of"] == younger[0]
    call("detect_duplicates", older)
    rows = conn.execute("SELECT DISTINCT duplicate_of FROM tickets WHERE id <> %s", [older[0]])
    assert [row["duplicate_of"] for row in rows] == [older[0]]


def test_customers_see_no_tickets_of_others_suggested(conn: Connection) -> None:
    """F-A8"""
    detected(conn, **VPN)
    conn.execute("UPDATE tickets SET caller = 'user:else'")
    run, _ = detected(conn, **LIKE)
    assert len(suggested(conn, run[0])) == 1
    assert suggested(conn, run[0], "anonymous") == []


def test_a_suggestion_goes_with_its_ticket(conn: Connection) -> None:
    from tests import journeys

    first, _ = detected(conn, **VPN)
    run, _ = detected(conn, **LIKE)
    assert journeys.delete(conn, first[0])
    assert suggested(conn, run[0]) == []
    assert arrange.count(conn, "ticket_vectors") == 1


def test_an_edit_during_the_step_is_noticed(
    conn: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F-C7"""
    import deskhand.similarity.tickets as module

    def edited(*given: Any) -> Any:
        conn.execute("UPDATE tickets SET text_version = 2, version = 2")
        return usual(*given)

    usual = module.embed_ticket
    monkeypatch.setattr(module, "embed_ticket", edited)
    with pytest.raises(TicketEdited):
        detected(conn, **VPN)
    assert arrange.count(conn, "ticket_vectors") == 0


def test_a_second_invocation_stores_nothing_more(conn: Connection) -> None:
    """F-B7"""
    detected(conn, **VPN)
    run, first = detected(conn, **LIKE)
    assert call("detect_duplicates", run) == first
    assert arrange.count(conn, "duplicate_suggestions") == 1


def test_the_verdict_carries_no_text(conn: Connection) -> None:
    """F-K6"""
    detected(conn, **VPN)
    _, verdict = detected(conn, **SAME)
    assert "VPN" not in json.dumps(verdict)
