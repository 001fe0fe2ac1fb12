"""The findings of a run from which a reply may be drafted."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from statistics import median
from typing import Any
from uuid import UUID

from deskhand.knowledge.quotes import Passage, passage_from
from deskhand.reply.compose import Objection
from deskhand.reply.draft import Draft, Estimate
from deskhand.reply.review import Review
from deskhand.store import drafts, steps
from deskhand.store.connection import Connection

# Below this cosine a section is about something else; research accepts less.
GROUNDS = 0.4
_ARTICLES = 2
_CHARACTERS = 8_000
# A median of fewer tickets is not meaningful.
_SOLVED = 3


@dataclass(frozen=True)
class Evidence:
    """Passages, best first, the ticket's entities, and how long similar tickets took."""

    passages: list[Passage]
    entities: Mapping[str, Any]
    estimate: Estimate | None


def evidence_of(conn: Connection, run_id: int) -> Evidence:
    """The outcomes of the run's research and extract_entities steps, if they were done."""
    found = steps.result(conn, run_id, "research")
    entities = steps.result(conn, run_id, "extract_entities").get("entities", {})
    solved = [UUID(each["ticket_id"]) for each in found.get("solved", [])]
    return Evidence(
        passages=_passages(conn, found.get("articles", [])),
        entities=entities.get("values", {}),
        estimate=_estimate(drafts.minutes_to_solve(conn, solved)),
    )


def objections_of(conn: Connection, run_id: int, revision: int) -> list[Objection]:
    """The findings of the previous revision's review."""
    if revision == 0:
        return []
    review = Review.model_validate(steps.result(conn, run_id, "review_reply"))
    return [Objection(f"{each.rule}: {each.reason}", each.claim) for each in review.findings]


def draft_of(conn: Connection, run_id: int) -> Draft:
    """The latest draft of the run."""
    return Draft.model_validate(steps.result(conn, run_id, "draft_reply"))


def _passages(conn: Connection, found: list[dict[str, Any]]) -> list[Passage]:
    """The sections found, best first, then the rest of their articles, up to the limit."""
    grounds = [each for each in found if each["cosine"] >= GROUNDS]
    slugs = list(dict.fromkeys(each["slug"] for each in grounds))[:_ARTICLES]
    scores = {(each["slug"], each["section"]): each["score"] for each in found}
    every = [
        replace(each, near=scores.get((each.slug, each.number), 0.0))
        for each in map(passage_from, drafts.passages(conn, slugs))
    ]
    every.sort(key=lambda each: -each.near)
    kept, room = [], _CHARACTERS
    for each in every:
        room -= len(each.text)
        if room >= 0:
            kept.append(each)
    return kept


def _estimate(minutes: list[int]) -> Estimate | None:
    if len(minutes) < _SOLVED:
        return None
    return Estimate(minutes=round(median(minutes)), tickets=len(minutes))
