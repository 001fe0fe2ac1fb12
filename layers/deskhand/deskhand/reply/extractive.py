"""Drafts by rules: what the articles say about the ticket's problem, in their own words."""

from collections.abc import Sequence
from itertools import groupby
from typing import Any

from deskhand.knowledge.quotes import Passage
from deskhand.reply.draft import STEPS, DraftMaterial
from deskhand.reply.quotable import Line, lines_of
from deskhand.reply.topics import topic_of
from deskhand.similarity.lexical import LexicalIndex

_TOLD = 3


def extract_draft(material: object) -> dict[str, Any]:
    """Statements and steps of the passages about the first one's problem.

    The passages come best first. Empty when no sentence is left to quote.
    """
    if not isinstance(material, DraftMaterial):
        raise TypeError("these rules draft replies")
    best = material.passages[0]
    same = [each for each in material.passages if topic_of(each) == topic_of(best)]
    said = _without(lines_of(same), material.avoid)
    steps = _fitting([line for line in said if line.doing])
    if len(steps) == 1:
        # One thing to do is no list: it stays where it is said.
        steps = []
    told = [line for line in said if not line.doing or not (steps or line.list)]
    return {
        "statements": [_cited(line) for line in _nearest(told, best, material.ticket.text)],
        "steps": [_cited(line) for line in steps],
        "question": "",
    }


def _without(lines: Sequence[Line], avoid: Sequence[str]) -> list[Line]:
    """The lines without those that a review rejected; a list is whole or left out."""
    refused = {line.list for line in lines if line.text in avoid} - {0}
    return [line for line in lines if line.text not in avoid and line.list not in refused]


def _fitting(steps: Sequence[Line]) -> list[Line]:
    """As many as a draft may have; a list is whole or left out."""
    kept = list[Line]()
    for listed, group in groupby(steps, key=lambda line: line.list):
        held = list(group)
        if len(kept) + len(held) <= STEPS or not listed:
            kept += held[: STEPS - len(kept)]
    return kept


def _nearest(told: Sequence[Line], best: Passage, ticket: str) -> list[Line]:
    """What is to be done and the lines that share most words with the ticket, in the article's
    order.

    Those of the best passage go first; of a table only the rows that fit best.
    """
    lines = [line for line in told if line.passage == best] or list(told)
    scores = LexicalIndex([[line.text] for line in lines]).scores(ticket)
    row = max((s for s, line in zip(scores, lines, strict=True) if line.row), default=0.0)
    kept = [n for n, line in enumerate(lines) if not line.row or scores[n] >= row]
    return [
        lines[n]
        for n in sorted(sorted(kept, key=lambda n: (not lines[n].doing, -scores[n]))[:_TOLD])
    ]


def _cited(line: Line) -> dict[str, Any]:
    return {"text": line.text, "citations": [line.passage.id]}
