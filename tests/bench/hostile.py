"""How long texts take that are made to be slow, beside an honest one of the same length.

Tests hold that the time grows with the length (`tests/growth.py`), on any machine. Here is how
long it is.
"""

import time
from collections.abc import Callable
from itertools import cycle

from rich.table import Table

from deskhand.knowledge.sections import parts_of
from deskhand.models.base import TicketText
from deskhand.safety.injection.detection import examine
from deskhand.safety.personal_data.finding import find
from deskhand.triage.extract import RULES, extract
from tests.unit.safety.injection.cases import honest_lines
from tests.unit.safety.injection.test_detection import PIECES

TICKET, PAGE = 10_000, 100_000
GOAL_MS = 500
_ROUNDS = 3

WORK: dict[str, tuple[int, Callable[[str], object], list[str]]] = {
    "injection check": (TICKET, lambda text: examine(TicketText("s", text)), PIECES),
    "personal data": (
        TICKET,
        find,
        ["1 ", "@a", "a@", "(", "+1 (", "DE89 ", ":a", "[at]", "\n", "a@b.example "],
    ),
    "extraction by rules": (
        TICKET,
        lambda text: extract(RULES, TicketText("s", text), TicketText("s", text), ()),
        ["a.", "srv-", "1-", "order ", "30 a-b ", "A", "\n", ".1"],
    ),
    "sections of a page": (
        PAGE,
        lambda text: parts_of("T", text),
        ["```\n", "> ", "- - ", "---\n", "    x\n", "|", "#\n", "a\n\n", "\n", " "],
    ),
}


def measure() -> Table:
    """Milliseconds of the processor, the best of three, of the slowest text that tests know."""
    table = Table(title=f"hostile texts, goal: {GOAL_MS} ms at most")
    for column in ("", "characters", "honest ms", "slowest ms", "made of", "goal kept"):
        table.add_column(column, justify="left" if column in ("", "made of") else "right")
    for name, (size, work, pieces) in WORK.items():
        times = {piece: _best(work, piece * (size // len(piece))) for piece in pieces}
        slowest = max(times, key=lambda piece: times[piece])
        honest = _best(work, _honest(size))
        kept = "yes" if times[slowest] <= GOAL_MS else "NO"
        figures = (f"{honest:.1f}", f"{times[slowest]:.1f}", repr(slowest), kept)
        table.add_row(name, f"{size:,}", *figures)
    return table


def _honest(size: int) -> str:
    text = ""
    for line in cycle(honest_lines()):
        text += f"{line}\n"
        if len(text) >= size:
            return text[:size]
    return text


def _best(work: Callable[[str], object], text: str) -> float:
    spent = []
    for _ in range(_ROUNDS):
        start = time.thread_time()
        work(text)
        spent.append((time.thread_time() - start) * 1000)
    return min(spent)
