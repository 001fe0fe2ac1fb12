"""The ticket that the steps work on: its row, its text, and the levels of priority."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

type Priority = Literal["low", "medium", "high", "critical"]
LEVELS: tuple[Priority, ...] = ("low", "medium", "high", "critical")

# Why a ticket waits for a person's review.
type ReviewReason = Literal[
    "low_confidence",
    "precision_unknown",
    "nothing_fits",
    "contradicted",
    "suspected_injection",
    "original_in_review",
    "draft_refused",
    "run_failed",
    "person",
]

# What a message of a ticket is: to the requester, among the staff, or of the requester.
type MessageKind = Literal["reply", "note", "answer"]

# Stands for the rest of a text that was shortened.
CUT = "\u2026"

# What a model reads of a text at most: the beginning, and a fifth of it from the end.
MODEL_CHARACTERS = 10_000


def cut(text: str) -> str:
    """The text, or its beginning and end when it is longer than models read."""
    if len(text) <= MODEL_CHARACTERS:
        return text
    last = MODEL_CHARACTERS // 5
    return f"{text[: MODEL_CHARACTERS - last - 5]}\n[{CUT}]\n{text[-last:]}"


def one_level_higher(priority: Priority | None) -> Priority:
    """One level higher, or the highest level; a ticket without a priority counts as medium."""
    return LEVELS[min(LEVELS.index(priority or "medium") + 1, len(LEVELS) - 1)]


def begins_with(text: str, beginning: str) -> bool:
    """Whether the text begins so, shortened or not; white space does not count."""
    wanted = " ".join(beginning.removesuffix(CUT).split())
    # Enough of the text for the words that are wanted, unless they stand very far apart.
    return " ".join(text[: 4 * len(beginning) + 100].split()).startswith(wanted)


@dataclass(frozen=True, slots=True)
class TicketText:
    """What the requester wrote."""

    subject: str
    body: str

    @property
    def text(self) -> str:
        """Subject and body; a subject that only repeats the body's start is left out."""
        if begins_with(self.body, self.subject):
            return self.body
        return f"{self.subject}\n\n{self.body}".strip()


@dataclass(frozen=True)
class Ticket:
    """What a step may read of the ticket it works on."""

    id: UUID
    kind: str
    subject: str
    body: str
    created_at: datetime
    category: str | None
    request_type: str | None
    priority: str | None
    summary: str | None
    needs_review: bool
    text_version: int
    provenance: dict[str, str]
    duplicate_of: UUID | None

    @property
    def chosen(self) -> tuple[str, str] | None:
        """The category and request type that people chose, or None."""
        if self.provenance.get("category") != "human":
            return None
        return self.category or "", self.request_type or ""
