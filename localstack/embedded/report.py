"""The report at the end of a demo: the table, the refused rows, and what to look at next."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console, JustifyMethod
from rich.table import Table

from embedded.posting import Refused

type Ticket = Mapping[str, Any]

_SHOWN_ROWS = 50
_SHOWN_FAILURES = 5
_GAP = 1
# A shorter subject does not identify the ticket.
_SUBJECT = 20


@dataclass(frozen=True)
class Column:
    """One column: its width, and its text for a ticket."""

    name: str
    width: int
    text: Callable[[Ticket], str]
    justify: JustifyMethod = "left"


def show(console: Console, tickets: Sequence[Ticket]) -> None:
    """Print one line per ticket in the given order; of a long run only the last lines."""
    chosen = columns(console.width)
    # No padding: the box already separates the columns by one space.
    table = Table(
        title="Triaged tickets", title_justify="left", box=SIMPLE_HEAD, padding=0, show_edge=False
    )
    for each in chosen:
        table.add_column(
            each.name, justify=each.justify, no_wrap=True, overflow="ellipsis", width=each.width
        )
    for ticket in tickets[-_SHOWN_ROWS:]:
        failed = ticket["workflow_status"] == "FAILED"
        style = "red" if failed else "yellow" if ticket["degraded"] else None
        table.add_row(*(one_line(each.text(ticket)) for each in chosen), style=style)
    console.print(table)
    if len(tickets) > _SHOWN_ROWS:
        console.print(f"the last {_SHOWN_ROWS} of {len(tickets)}; GET /tickets lists all")
    for line in (*legend(tickets), *failures(tickets)):
        console.print(line, highlight=False, markup=False)


def columns(width: int) -> list[Column]:
    """Return the columns that fit into one line; a wide terminal shows more of them."""
    chosen, left = list(_ALWAYS), width + _GAP - _width(_ALWAYS)
    for column in _WHERE_THERE_IS_ROOM:
        if (needed := column.width + _GAP) > left:
            break
        chosen.append(column)
        left -= needed
    # A whole id replaces its end where it fits; the subjects get the rest of the width.
    if left >= (more := len(_WHOLE_ID) - _ID.width):
        chosen[0] = Column("id", len(_WHOLE_ID), lambda ticket: str(ticket["id"]))
        left -= more
    chosen[1] = Column("subject", _SUBJECT + max(left, 0), subject)
    return chosen


def _width(some: Iterable[Column]) -> int:
    return sum(column.width + _GAP for column in some)


def one_line(text: str) -> str:
    """Return the text without line ends and control characters."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def subject(ticket: Ticket) -> str:
    """Return the subject; the title would repeat priority and category. An incident has only a
    title.
    """
    return str(ticket["subject"] or ticket["title"] or "")


def marks(ticket: Ticket) -> str:
    """Return a letter for each remarkable fact about a ticket; `legend` explains them."""
    return "".join(mark for mark, (is_so, _) in _MARKS.items() if is_so(ticket))


def legend(tickets: Sequence[Ticket]) -> list[str]:
    """Return the meaning of each mark in the table, with the number of tickets that have it."""
    counts = {mark: sum(map(is_so, tickets)) for mark, (is_so, _) in _MARKS.items()}
    return [f"{mark}  {counts[mark]:>3} {_MARKS[mark][1]}" for mark in counts if counts[mark]]


def failures(tickets: Sequence[Ticket]) -> list[str]:
    """Return the reasons why tickets failed, at most as many as the table shows."""
    failed = [each for each in tickets if each["workflow_status"] == "FAILED"]
    return [
        f"   {short(each['id'])}: {each['workflow_error']}: {one_line(each['workflow_reason'])}"
        for each in failed[-_SHOWN_FAILURES:]
    ]


_MARKS: dict[str, tuple[Callable[[Ticket], bool], str]] = {
    "R": (
        lambda ticket: bool(ticket["needs_review"]),
        "to review: triage is not sure (GET /tickets?needs_review=true)",
    ),
    "D": (
        lambda ticket: bool(ticket["duplicate_of"]),
        "duplicates: linked to an open ticket about the same thing",
    ),
    "W": (
        lambda ticket: bool(ticket["degraded"]),
        "triaged without a step that failed; the ticket names it in `degraded`",
    ),
    "F": (
        lambda ticket: ticket["workflow_status"] == "FAILED",
        "failed: POST /admin/failures/replay runs them again",
    ),
}


def priority(ticket: Ticket) -> str:
    """Return the priority; for a failed ticket its error."""
    if ticket["workflow_status"] == "FAILED":
        return str(ticket["workflow_error"])
    return ticket["priority"] or ""


def due(ticket: Ticket) -> str:
    """Return the due time in the time zone of this machine."""
    at = ticket["due_at"]
    return moment(at).astimezone().strftime("%d %b %H:%M") if at else ""


def reply(ticket: Ticket) -> str:
    """Return what the draft cites, and the steps that failed for the ticket."""
    draft, said = ticket["draft"], []
    if draft and draft["kind"] == "question":
        said.append("asks one question")
    elif draft and draft["kind"] == "none":
        said.append("no reply")
    elif draft:
        sections: dict[str, list[str]] = {}
        for each in draft["citations"]:
            sections.setdefault(each["slug"], []).append(str(each["number"]))
        said += [f"{slug}#{','.join(numbers)}" for slug, numbers in sections.items()]
    if draft and draft["review"] and not draft["review"]["passed"]:
        said.append("not passed")
    if ticket["degraded"]:
        said.append(f"without {', '.join(ticket['degraded'])}")
    return "; ".join(said)


def short(ticket_id: str) -> str:
    """Return the last group of an id; its beginning is the time, nearly the same for all."""
    return ticket_id[-12:]


def seconds(ticket: Ticket) -> str:
    """Return the time from acceptance to the end of the run."""
    elapsed = moment(ticket["finished_at"]) - moment(ticket["created_at"])
    return f"{elapsed.total_seconds():.1f}"


def confidence(ticket: Ticket) -> str:
    """Return the confidence of the category."""
    return "" if ticket["confidence"] is None else f"{ticket['confidence']:.2f}"


def moment(text: str) -> datetime:
    """Return the time of an ISO 8601 text."""
    return datetime.fromisoformat(text)


_WHOLE_ID = "01a1f922-0d4d-72d9-ae34-5e03bd605f99"
_ID = Column("id (end)", 12, lambda ticket: short(ticket["id"]))
_ALWAYS = (
    _ID,
    Column("subject", _SUBJECT, subject),
    Column("category", 14, lambda ticket: ticket["category"] or ""),
    Column("priority", 8, priority),
    Column("due", 12, due),
    Column("mark", 4, marks),
)
_WHERE_THERE_IS_ROOM = (
    Column("confidence", 10, confidence, "right"),
    Column(
        "duplicate of",
        12,
        lambda ticket: short(ticket["duplicate_of"]) if ticket["duplicate_of"] else "",
    ),
    Column("seconds", 7, seconds, "right"),
    Column("reply", 22, reply),
)


def show_refused(console: Console, refused: list[Refused]) -> None:
    """Print the rows that were not accepted, with the field and the reason of each."""
    for each in sorted(refused, key=lambda each: each.row):
        status = f"refused with {each.status}" if each.status else "not accepted"
        lines = [f"row {each.row} {status}: {each.subject[:60]}", *each.reasons]
        console.print("\n    ".join(map(one_line, lines)), style="red", markup=False)
