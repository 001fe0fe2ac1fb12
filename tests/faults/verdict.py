"""How tickets ended, compared with one that nothing befell and with what its client was told."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from deskhand.store.connection import Connection
from tests.faults.client import Journal

# What may happen on the way without being seen in the result.
_TOLERATED = ("run.next_attempt", "run.sent_again", "step.failed")
# How often an attempt may ask models again at most: four steps ask, each with two kinds of retries.
_AGAIN_AN_ATTEMPT = 4 * (3 + 8)


@dataclass(frozen=True)
class Ending:
    """Everything about a ticket that faults must not change."""

    ticket: str
    version: int
    runs: tuple[str, ...]
    outcomes: tuple[str, ...]
    events: tuple[str, ...]
    unsent: int
    # Outcomes that an attempt stored after it had been overtaken.
    late: int
    # Calls of models beyond one a step: what follows from them is once, they need not be.
    asked_again: int = field(default=0, compare=False)
    attempts: int = field(default=1, compare=False)

    def differs(self, other: "Ending") -> str:
        """The differences in a line, empty when there is none."""
        names = [f.name for f in fields(self) if f.compare]
        pairs = [(name, getattr(self, name), getattr(other, name)) for name in names]
        wrong = [f"{name} {_shown(a)}, not {_shown(b)}" for name, a, b in pairs if a != b]
        if self.asked_again > (most := _AGAIN_AN_ATTEMPT * self.attempts):
            wrong.append(f"models asked again {self.asked_again} times, more than {most}")
        return "; ".join(wrong)


def endings(conn: Connection, scenario: str) -> dict[str, list[Ending]]:
    """The endings of a scenario's tickets by the key that their text names: one each, hopefully."""
    found: dict[str, list[Ending]] = {}
    for row in conn.execute(
        """
        SELECT t.metadata ->> 'key' AS key, t.status || ' ' || t.ai_status AS ticket, t.version,
               (SELECT array_agg(concat_ws(' ', r.status, r.error) ORDER BY r.id)
                FROM runs r WHERE r.ticket_id = t.id) AS runs,
               (SELECT array_agg(o.step || ' ' || o.revision ORDER BY o.step, o.revision)
                FROM step_outcomes o JOIN runs r ON r.id = o.run_id
                WHERE r.ticket_id = t.id) AS outcomes,
               (SELECT array_agg(concat_ws(' ', e.kind, e.step) ORDER BY e.kind, e.step)
                FROM events e
                WHERE e.ticket_id = t.id AND e.kind <> ALL (%(tolerated)s)
                  AND e.kind <> 'model.called') AS events,
               (SELECT count(*) - count(DISTINCT (e.run_id, e.step)) FROM events e
                WHERE e.ticket_id = t.id AND e.kind = 'model.called') AS asked_again,
               (SELECT sum(attempt)::int FROM runs r WHERE r.ticket_id = t.id) AS attempts,
               (SELECT count(*) FROM outbox o
                WHERE o.ticket_id = t.id AND o.sent_at IS NULL) AS unsent,
               (SELECT count(*) FROM events s JOIN events n
                    ON n.run_id = s.run_id AND n.kind = 'run.next_attempt' AND n.id < s.id
                    AND n.data -> 'attempt' > s.data -> 'attempt'
                WHERE s.ticket_id = t.id AND s.kind = 'step.succeeded') AS late
        FROM tickets t WHERE t.metadata ->> 'scenario' = %(scenario)s
        """,
        {"scenario": scenario, "tolerated": list(_TOLERATED)},
    ).fetchall():
        key = row.pop("key")
        lists = {name: tuple(row[name] or ()) for name in ("runs", "outcomes", "events")}
        found.setdefault(key, []).append(Ending(**(row | lists)))
    return found


@dataclass
class Verdict:
    """What a journal and the tables say together; each list names keys."""

    tried: int = 0
    acked: int = 0
    unknown: int = 0
    unknown_stored: int = 0
    # Clients that were told their request is not valid, and those that waited in vain.
    refused: list[str] = field(default_factory=list)
    unanswered: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    phantom: list[str] = field(default_factory=list)
    different: dict[str, str] = field(default_factory=dict)

    @property
    def sound(self) -> bool:
        """Whether every promise was kept."""
        return self.acked > 0 and not (
            self.refused
            or self.unanswered
            or self.lost
            or self.doubled
            or self.phantom
            or self.different
        )


def judge(journal: Journal, found: Mapping[str, list[Ending]], expected: Ending) -> Verdict:
    """Acked: there once and ended as expected. Unknown: the same, or not there. Else: not there.

    Every request is a valid one, so nobody may be refused, and who waits must be told.
    """
    acked, unknown = journal.keys("acked"), journal.keys("unknown")
    return Verdict(
        tried=len(journal.attempted),
        acked=len(acked),
        unknown=len(unknown),
        unknown_stored=len(unknown & found.keys()),
        refused=sorted(journal.keys("refused")),
        unanswered=sorted(journal.unanswered()),
        lost=sorted(acked - found.keys()),
        doubled=sorted(key for key, each in found.items() if len(each) > 1),
        phantom=sorted(found.keys() - acked - unknown),
        different=dict(_different(found, expected)),
    )


def _different(found: Mapping[str, list[Ending]], expected: Ending) -> Iterator[tuple[str, str]]:
    for key, each in found.items():
        for ending in each:
            if difference := ending.differs(expected):
                yield key, difference


def _shown(value: Any) -> str:
    return ", ".join(value) if isinstance(value, tuple) else str(value)
