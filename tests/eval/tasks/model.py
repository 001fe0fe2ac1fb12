"""What a model adds: MODEL=openai:... with its key, else stand-ins that err as often as told."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from deskhand.models import chain as chain_module
from deskhand.settings.provider_chain import OFFLINE
from deskhand.store import corrections
from deskhand.store.connection import Connection, connection
from deskhand.store.corrections import Said
from tests import arrange
from tests.eval.classifying import known
from tests.eval.desk import Known, desk, environment
from tests.eval.figures import Figure
from tests.eval.sets import held_out, rows
from tests.eval.stand_in import NAME, StandIn

PAST, JUDGED, ASKED = 300, 120, 120
ERRORS = (0.05, 0.3)
# US dollars for a million tokens of a stand-in, read and written.
_PRICES = "stand-in=1/4"


@dataclass(frozen=True)
class _Answer:
    """What triage said of a ticket."""

    ticket_id: UUID
    label: str
    said: str
    reviewed: bool

    @property
    def right(self) -> bool:
        """Whether it is what the label says."""
        return self.said == self.label


def measure() -> Iterator[Figure]:
    """Offline, then each model: its answers, the bar that judgements give it, and its price."""
    past, new = (known(part) for part in held_out(rows("cls_it_tickets"), 0.1))
    new = new[: JUDGED + ASKED]
    yield from _measured("offline", OFFLINE, None, past, new)
    if model := os.environ.get("MODEL"):
        yield from _measured(model, f"{model},{OFFLINE}", None, past, new)
        return
    for errors in ERRORS:
        stand_in = StandIn({row.label for row in past}, errors)
        with stand_in.server:
            name = f"errs in {errors:.0%}"
            yield from _measured(name, f"{NAME},{OFFLINE}", stand_in, past, new)


def _measured(
    name: str, chain: str, stand_in: StandIn | None, past: list[Known], new: list[Known]
) -> Iterator[Figure]:
    with desk() as one:
        one.load({row.label for row in past})
        one.teach(past[:PAST])
        with environment(LLM_PROVIDERS=chain, **_reached(stand_in), UNMEASURED_CONFIDENCE="0.3"):
            first = _asked(new[:JUDGED], stand_in)
        _judge(first)
        with environment(LLM_PROVIDERS=chain, **_reached(stand_in)):
            later = _asked(new[JUDGED:], stand_in)
        spent = _spent()
    # The next stand-in may get the same port.
    chain_module._built.cache_clear()
    every = [*first, *later]
    routed = [each.right for each in later if not each.reviewed]
    yield Figure(f"{name}: accuracy", _share([each.right for each in every]))
    if chain != OFFLINE:
        wrong = [each.reviewed for each in first if not each.right]
        yield Figure("... of the wrong, contradicted offline", _share(wrong))
        yield Figure("... of the right", _share([e.reviewed for e in first if e.right]))
    yield Figure("... routed when measured", len(routed) / len(later))
    yield Figure("... and right", _share(routed))
    if chain != OFFLINE:
        yield Figure("... tokens a ticket", spent["tokens"] / len(every))
        yield Figure("... US cents a ticket", 100 * spent["dollars"] / len(every))


def _reached(stand_in: StandIn | None) -> dict[str, str]:
    if stand_in is None:
        return {}
    url = stand_in.server.url
    return {"OPENAI_BASE_URL": f"{url}/v1", "OPENAI_API_KEY": "none", "LLM_PRICES": _PRICES}


def _asked(tickets: Sequence[Known], stand_in: StandIn | None) -> list[_Answer]:
    """Each ticket is accepted and classified as the workflow does it."""
    from functions.classify.handler import handler

    found = []
    for ticket in tickets:
        if stand_in:
            stand_in.next = ticket
        text = {"subject": ticket.text.subject, "body": ticket.text.body}
        # A step keeps no connection: what it finds open is closed afterwards.
        with connection() as conn:
            ticket_id, run_id = arrange.accepted(conn, **text)
        event = {"ticket_id": str(ticket_id), "run_id": run_id, "attempt": 1}
        verdict = handler(event, None)
        with connection() as conn:
            said = _said(conn, run_id)
        found.append(_Answer(ticket_id, ticket.label, said, verdict["needs_review"]))
    return found


def _judge(answers: Sequence[_Answer]) -> None:
    """People say of each what its label says."""
    with connection() as conn:
        for each in answers:
            said = Said("eval", each.label, each.label, None)
            corrections.record(conn, each.ticket_id, said)


def _said(conn: Connection, run_id: int) -> str:
    row = conn.execute(
        "SELECT result ->> 'category' AS said FROM step_outcomes"
        " WHERE run_id = %s AND step = 'classify'",
        [run_id],
    ).fetchone()
    return str(row["said"]) if row else ""


def _spent() -> dict[str, Any]:
    with connection() as conn:
        row = conn.execute(
            "SELECT sum(input_tokens + output_tokens)::float8 AS tokens,"
            " coalesce(sum(cost_usd), 0)::float8 AS dollars FROM model_calls"
        ).fetchone()
    return row or {}


def _share(found: Sequence[bool]) -> float:
    return sum(found) / max(len(found), 1)
