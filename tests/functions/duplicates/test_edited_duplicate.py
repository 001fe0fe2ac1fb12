"""A duplicate whose text is edited: its link is judged anew, and what was compared is old."""

from typing import Any
from uuid import UUID

import pytest

from deskhand.duplicates.detect import FoundDuplicates, find
from deskhand.errors import TicketEdited
from deskhand.settings import environment
from deskhand.store.connection import Connection
from functions.refresh_vectors.handler import handler as refresh
from tests import journeys
from tests.functions.duplicates.alike import (
    LIKE,
    SAME,
    VPN,
    call,
    detected,
    go_on,
    read,
    solve,
    triaged,
)
from tests.functions.operations.invariants import broken
from tests.functions.tickets.requests import patch, trail

pytestmark = pytest.mark.usefixtures("aws", "catalog")

BADGE = {
    "subject": "Badge reader at the north entrance is broken",
    "body": "The badge reader at the north entrance does not accept any badge since this morning.",
}
RANSOM = {
    "subject": "All files are encrypted",
    "body": "A note on the screen asks for ransom, and every file on the share is encrypted.",
}


def edit(conn: Connection, ticket_id: UUID, text: dict[str, str]) -> None:
    assert patch(ticket_id, {**text, "version": read(conn, ticket_id)["version"]}).status == 200


def again(conn: Connection, ticket_id: UUID) -> dict[str, object]:
    """What DetectDuplicates says in a new run, which goes all the way."""
    run_id = journeys.reprocess(conn, ticket_id)
    assert run_id is not None
    call("validate_ticket", (ticket_id, run_id))
    verdict = call("detect_duplicates", (ticket_id, run_id))
    go_on((ticket_id, run_id), verdict)
    return verdict


def test_another_text_goes_its_own_way(conn: Connection) -> None:
    """F-F4: it is classified, and others find it."""
    first, second = triaged(conn, **BADGE), triaged(conn, **BADGE)
    assert read(conn, second)["duplicate_of"] == first
    edit(conn, second, RANSOM)
    assert again(conn, second)["duplicate"] is False
    after = read(conn, second)
    assert (after["duplicate_of"], after["status"]) == (None, "open")
    assert after["evidence"][0]["source"] != "duplicate"
    assert "duplicate_of" not in after["provenance"]
    links = [
        e["data"]["changes"].get("duplicate_of") for e in trail(second) if "changes" in e["data"]
    ]
    assert [each for each in links if each] == [
        {"old": None, "new": str(first)},
        {"old": str(first), "new": None},
    ]
    third = triaged(conn, **RANSOM)
    assert read(conn, third)["duplicate_of"] == second
    assert broken() == {}


def test_it_may_repeat_another_one_by_now(conn: Connection) -> None:
    """F-F4 F-F3: a rule unlinked it, so a rule may link it."""
    other = triaged(conn, **RANSOM)
    _, second = triaged(conn, **BADGE), triaged(conn, **BADGE)
    edit(conn, second, RANSOM)
    assert again(conn, second)["duplicate"] is True
    assert read(conn, second)["duplicate_of"] == other
    assert broken() == {}


def test_its_younger_twins_repeat_it(conn: Connection) -> None:
    """F-F3"""
    _, second = triaged(conn, **BADGE), triaged(conn, **BADGE)
    third = triaged(conn, **RANSOM)
    edit(conn, second, RANSOM)
    again(conn, second)
    assert read(conn, third)["duplicate_of"] == second
    assert broken() == {}


@pytest.mark.parametrize("done", [False, True])
def test_a_link_that_is_still_true_stays(conn: Connection, done: bool) -> None:
    """F-F4: also to an original that is solved by now."""
    first, second = triaged(conn, **VPN), triaged(conn, **VPN)
    edit(conn, second, SAME)
    if done:
        solve(conn, first)
    assert again(conn, second)["duplicate"] is True
    assert read(conn, second)["duplicate_of"] == first


def test_a_solved_original_holds_no_other_text(conn: Connection) -> None:
    """F-F4"""
    first, second = triaged(conn, **BADGE), triaged(conn, **BADGE)
    edit(conn, second, RANSOM)
    solve(conn, first)
    again(conn, second)
    assert read(conn, second)["duplicate_of"] is None


def test_without_an_edit_nothing_is_judged(conn: Connection) -> None:
    """F-D13: also when the original says something else by now."""
    first, second = triaged(conn, **BADGE), triaged(conn, **BADGE)
    edit(conn, first, RANSOM)
    assert refresh({}, None)["read"] == 2
    assert again(conn, second)["duplicate"] is True
    assert read(conn, second)["duplicate_of"] == first


def test_an_edit_before_the_link_is_none(conn: Connection) -> None:
    first = triaged(conn, **BADGE)
    second = triaged(conn, **RANSOM)
    edit(conn, second, BADGE)
    again(conn, second)
    edit(conn, first, RANSOM)
    refresh({}, None)
    assert again(conn, second)["duplicate"] is True


def test_what_people_linked_stays(conn: Connection) -> None:
    """F-C7"""
    first, second = triaged(conn, **BADGE), triaged(conn, **BADGE)
    conn.execute(
        """UPDATE tickets SET provenance = provenance || '{"duplicate_of": "human"}'"""
        " WHERE id = %s",
        [second],
    )
    edit(conn, second, RANSOM)
    assert again(conn, second)["duplicate"] is True
    assert read(conn, second)["duplicate_of"] == first


def test_what_was_closed_as_a_duplicate_is_open_again(
    conn: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F-F3"""
    monkeypatch.setenv("DUPLICATE_CLOSE", "true")
    environment.settings.cache_clear()
    _, second = triaged(conn, **BADGE), triaged(conn, **BADGE)
    assert read(conn, second)["status"] == "closed"
    edit(conn, second, RANSOM)
    again(conn, second)
    after = read(conn, second)
    assert (after["status"], after["duplicate_of"]) == ("open", None)
    assert after["due_at"] is not None
    assert broken() == {}


def test_a_window_of_nothing_still_frees(conn: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    """F-F4"""
    _, second = triaged(conn, **BADGE), triaged(conn, **BADGE)
    edit(conn, second, RANSOM)
    monkeypatch.setenv("DUPLICATE_WINDOW_DAYS", "0")
    environment.settings.cache_clear()
    again(conn, second)
    assert read(conn, second)["duplicate_of"] is None


def test_an_edit_during_the_step_frees_nothing(
    conn: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F-C7: the text that is judged is the present one."""
    first, second = triaged(conn, **BADGE), triaged(conn, **BADGE)
    edit(conn, second, RANSOM)

    def meanwhile(*given: Any) -> FoundDuplicates:
        found = find(*given)
        edit(conn, second, BADGE)
        return found

    run_id = journeys.reprocess(conn, second)
    assert run_id is not None
    call("validate_ticket", (second, run_id))
    monkeypatch.setattr("functions.detect_duplicates.handler.find", meanwhile)
    with pytest.raises(TicketEdited):
        call("detect_duplicates", (second, run_id))
    monkeypatch.undo()
    assert call("detect_duplicates", (second, run_id))["duplicate"] is True
    assert read(conn, second)["duplicate_of"] == first


@pytest.mark.parametrize("edited", [0, 1])
def test_a_suggestion_is_of_the_texts_that_were_compared(conn: Connection, edited: int) -> None:
    """F-F4: whichever of the two is edited, and until a run compares them again."""
    first = triaged(conn, **VPN)
    run, verdict = detected(conn, **LIKE)
    go_on(run, verdict)
    assert [each["ticket_id"] for each in read(conn, run[0])["suggested_duplicates"]] == [
        str(first)
    ]
    edit(conn, (first, run[0])[edited], {"subject": "VPN drops every few minutes or so"})
    assert read(conn, run[0])["suggested_duplicates"] == []
    refresh({}, None)
    again(conn, run[0])
    assert len(read(conn, run[0])["suggested_duplicates"]) == 1 - edited or (
        read(conn, run[0])["duplicate_of"] == first
    )
