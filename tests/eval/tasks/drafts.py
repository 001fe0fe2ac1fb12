"""Drafts of replies: what they must and must not say, by rules, on judged tickets."""

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from deskhand.store.connection import Connection
from tests import arrange
from tests.eval import similar
from tests.eval.drafts import Judged, faults, pairs
from tests.eval.figures import Figure

# Drafts that quoted all items and steps of the best article.
_BEFORE = {False: 0.286, True: 0.127}
_EVENT: dict[str, Any] = json.loads(Path("events/draft_reply.json").read_text())


def measure() -> Iterator[Figure]:
    """The share without a fault; `held` was not looked at while the drafts were mended."""
    found = judged()
    for name, held in (("open half", False), ("held half", True)):
        half = [wrong for ticket, wrong in found if ticket.held == held]
        right = sum(not wrong for wrong in half) / len(half)
        yield Figure(f"right, {name}", right, 0.95, baselines={"whole article": _BEFORE[held]})
    counts = Counter(name for _, wrong in found for name in wrong)
    for name in ("kind", "says", "never", "first", "told", "review"):
        yield Figure(f"faults of the rule `{name}`", counts[name])


def judged() -> list[tuple[Judged, list[str]]]:
    """Each ticket with the names of the rules that its draft breaks."""
    known = pairs()
    with similar.database() as conn:
        similar.write(conn, [each | {"id": each["slug"]} for each in known.articles])
        return [(ticket, faults(ticket, draft_for(conn, ticket))) for ticket in known.tickets]


def draft_for(conn: Connection, ticket: Judged) -> dict[str, Any]:
    """The draft that the steps of a run make for the ticket, revised as the workflow does it."""
    from functions.draft_reply import handler as draft_reply
    from functions.extract_entities import handler as extract_entities
    from functions.research import handler as research
    from functions.review_reply import handler as review_reply

    ticket_id, run_id = arrange.accepted(conn, subject=ticket.subject, body=ticket.body)
    event = _EVENT | {"ticket_id": str(ticket_id), "run_id": run_id}
    research.handler(event, None)
    extract_entities.handler(event, None)
    revise = True
    while revise:
        draft_reply.handler(event, None)
        verdict = review_reply.handler(event, None)
        revise = verdict["revise"]
        event |= {"revision": verdict["revision"]}
    row = conn.execute("SELECT draft FROM tickets WHERE id = %s", [ticket_id]).fetchone()
    draft: dict[str, Any] = row["draft"]
    return draft
