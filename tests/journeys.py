"""What happens to a ticket, one move at a time, each by the code that makes it in production."""

from functools import partial
from uuid import UUID

from deskhand.store import deletion, edits, failed_runs, runs, steps
from deskhand.store.connection import Connection
from deskhand.store.failed_runs import Operator
from deskhand.store.outbox import Message
from deskhand.store.runs import Stalled
from deskhand.store.steps import Outcome
from deskhand.store.triage import Opening, Triage, open_for_people, set_triage
from deskhand.store.workflow import STEPS
from deskhand.ticket import Ticket

PATH = tuple(step.name for step in STEPS if step.tickets != "duplicates")
OPERATOR = Operator("anonymous", "req-2")


_VERDICTS: dict[str, dict[str, object]] = {
    "extract_entities": {"found": 0},
    "draft_reply": {"kind": "question", "revision": 0},
    "review_reply": {"passed": True, "revise": False, "revision": 0},
}


def outcome(name: str, ticket: Ticket) -> Outcome:
    """What the step finds when nothing goes wrong."""
    if name == "validate_ticket":
        return Outcome({"words": 5})
    if name == "detect_duplicates":
        return Outcome({"duplicate": False}, {"originals": []})
    if name == "research":
        return Outcome({"articles": 0}, {"articles": [], "solved": [], "history": []})
    if name == "create_ticket":
        opened = partial(open_for_people, read=ticket, opening=Opening("VPN", None))
        return Outcome({"route": None}, apply=opened, completes=True)
    if name != "classify":
        return Outcome(_VERDICTS.get(name, {}))
    category, request_type = ticket.chosen or ("Network", "VPN access")
    triage = Triage(
        text_version=ticket.text_version,
        category=category,
        request_type=request_type,
        priority="high",
        priority_inputs=[],
        summary="The VPN disconnects.",
        confidence=0.9,
        likely_places=None,
        evidence=[],
        review_reasons=[],
        ai_status="COMPLETED",
        ai_provider="offline",
        ai_model="none",
        ai_prompt="1",
    )
    return Outcome({"category": category}, apply=partial(set_triage, triage=triage))


def step(conn: Connection, run_id: int, attempt: int, name: str) -> bool:
    """Whether the step was done now; False where its outcome was there already."""
    opened = steps.open_step(conn, run_id, attempt, name, 0)
    if opened.verdict is not None:
        return False
    steps.close_step(conn, run_id, attempt, name, 0, outcome(name, opened.ticket), 0.01)
    return True


def finish(conn: Connection, run_id: int, attempt: int = 1) -> None:
    """All steps of the attempt that are still to do."""
    for name in PATH:
        step(conn, run_id, attempt, name)


def fail(conn: Connection, run_id: int, attempt: int = 1) -> bool:
    """Whether the attempt failed now."""
    return runs.fail(conn, run_id, attempt, "StepFailed", "why")


def overtake(conn: Connection, message: Message, status: str) -> bool:
    """Whether reconcile's next attempt took the run over."""
    run = Stalled(message.ticket_id, message.run_id, message.attempt, status, started=True)
    return runs.next_attempt(conn, run)


def mark_all_sent(conn: Connection) -> None:
    """The queue took every message."""
    conn.execute("UPDATE outbox SET sent_at = now() WHERE sent_at IS NULL")


def replay(conn: Connection, run_id: int) -> bool:
    """Whether a failed run came back as its next attempt."""
    with conn.transaction():
        failed_runs.lock_runs(conn, [run_id])
        return bool(failed_runs.start_next_attempts(conn, [run_id], OPERATOR))


def reprocess(conn: Connection, ticket_id: UUID) -> int | None:
    """The new run of a ticket whose runs have ended; None while one is open."""
    with conn.transaction():
        failed_runs.lock_ticket(conn, ticket_id)
        standing = failed_runs.ticket_state(conn, ticket_id)
        if standing is None or standing["open_run"] is not None:
            return None
        return failed_runs.open_run(conn, ticket_id, OPERATOR).run_id


def delete(conn: Connection, ticket_id: UUID) -> bool:
    """Whether the ticket is gone now; its audit row and the keys that callers chose stay."""
    with conn.transaction():
        if edits.lock_ticket_and_runs(conn, ticket_id, None) is None:
            return False
        orphans = deletion.delete_ticket(conn, ticket_id, OPERATOR.actor, OPERATOR.request_id)
        failed_runs.open_runs(conn, orphans, OPERATOR)
        return True
