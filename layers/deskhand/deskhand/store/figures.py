"""The tickets behind each figure of /analytics, as conditions on their facts.

`figures_of` in the migrations counts by the same rules; a property test compares the two.
"""

from typing import Literal, LiteralString

Figure = Literal[
    "created", "solved", "solved_first", "solved_again", "solved_back", "closed", "reopened",
    "open", "triage_done", "triage_running", "triage_failed", "responded", "unanswered", "linked",
    "unlinked", "classified", "unattended", "review_asked", "review_decided", "triaged",
    "reassigned", "breached", "warned", "warned_met", "resolution_met", "resolution_missed",
    "response_met", "response_missed",
]  # fmt: skip

_AS_OF: LiteralString = "(SELECT folded_at FROM analytics_state)"


def _within(moment: LiteralString) -> LiteralString:
    return moment + " >= %(figure_from)s AND " + moment + " < %(figure_to)s"


def _any_within(times: LiteralString, more: LiteralString = "") -> LiteralString:
    """One of several times lies within; the first condition is one that an index answers."""
    return (
        times + "[array_upper(" + times + ", 1)] >= %(figure_from)s AND EXISTS (SELECT FROM unnest("
        + times + ") WITH ORDINALITY AS u(at, place) WHERE " + _within("u.at") + more + ")"
    )  # fmt: skip


def _before(times: LiteralString) -> LiteralString:
    return "(SELECT count(*) FROM unnest(" + times + ") AS at WHERE at < %(figure_to)s)"


_CREATED = _within("f.created_at")
_TRIAGED = _within("f.triaged_at")
_OPEN = (
    "f.created_at < %(figure_to)s AND (f.done_at IS NULL OR f.done_at >= %(figure_to)s) AND 1 + "
    + _before("f.reopened_at") + " > " + _before("f.solved_at") + " + " + _before("f.closed_at")
)  # fmt: skip


def _promise(target: LiteralString) -> dict[str, LiteralString]:
    """The conditions of a promise: met, or missed; neither is known of it before it fell due."""
    done: LiteralString = "f.done_at" if target == "resolution" else "f.responded_at"
    due: LiteralString = "f.due_at" if target == "resolution" else "f.response_due_at"
    counted = "f." + target + "_promised AND NOT f.duplicate AND "
    return {
        target + "_met": counted + _within(done)
        + " AND (" + done + " > " + due + ") IS NOT TRUE",
        target + "_missed": counted + _within(due)
        + " AND coalesce(" + done + ", " + _AS_OF + ") > " + due,
    }  # fmt: skip


_CONDITIONS: dict[str, LiteralString] = {
    "created": _CREATED,
    "solved": _any_within("f.solved_at"),
    "solved_first": _within("f.solved_at[1]"),
    "solved_again": _any_within("f.solved_at", " AND u.place > 1"),
    "solved_back": _any_within(
        "f.solved_at",
        " AND EXISTS (SELECT FROM unnest(f.reopened_at) AS back"
        " WHERE back >= u.at AND back < u.at + interval '7 days')",
    ),
    "closed": _any_within("f.closed_at"),
    # Most tickets never are; the index knows only those that were.
    "reopened": "f.reopened_at <> '{}' AND " + _any_within("f.reopened_at"),
    "open": _OPEN,
    "triage_done": _CREATED + " AND f.triaged_at IS NOT NULL",
    "triage_running": _CREATED + " AND f.triaged_at IS NULL AND NOT f.run_failed",
    "triage_failed": _CREATED + " AND f.triaged_at IS NULL AND f.run_failed",
    "responded": _CREATED + " AND f.responded_at IS NOT NULL AND NOT f.duplicate",
    "unanswered": _CREATED + " AND f.responded_at IS NULL AND NOT f.duplicate",
    "linked": _CREATED + " AND f.linked_at IS NOT NULL",
    "unlinked": _CREATED + " AND f.unlinked",
    "classified": _CREATED + " AND f.unattended IS NOT NULL",
    "unattended": _CREATED + " AND f.unattended",
    "review_asked": _within("f.review_asked_at"),
    "review_decided": _within("f.review_asked_at") + " AND f.review_decided_at IS NOT NULL",
    "triaged": _TRIAGED,
    "reassigned": _TRIAGED + " AND f.reassigned_at < f.triaged_at + interval '7 days'",
    "breached": _within("f.breached_at"),
    "warned": _within("f.warned_at"),
    "warned_met": _within("f.warned_at")
    + " AND f.breached_at IS NULL AND f.done_at IS NOT NULL",
    **_promise("resolution"),
    **_promise("response"),
}  # fmt: skip

BEHIND: dict[str, LiteralString] = {
    name: "t.id IN (SELECT f.ticket_id FROM ticket_facts f WHERE " + known + ")"
    for name, known in _CONDITIONS.items()
}
