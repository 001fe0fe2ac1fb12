"""Drafts by rules: sentences of the passages, selected by the words of the ticket."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from deskhand.knowledge.quotes import Passage, Quote
from deskhand.reply.draft import CHARACTERS, STEPS, DraftMaterial
from deskhand.safety.sanitise import visible_text
from deskhand.similarity.lexical import LexicalIndex

_TOLD = 2
# Headings whose sections give instructions, in several languages.
_DOING = re.compile(
    r"\b(?:solution|solve|fix|steps?|how to|what to do|do (?:it|this)|check|report|reset|unlock|try"
    r"|request|restore|if it|lösung|vorgehen|prüfen|schritte|solution|étapes|vérifi\w+"
    r"|solución|pasos|comprobar|soluzione|passi)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class _Line:
    """A quote of a passage; `doing`: it is an instruction. `list`: the list that it is from."""

    text: str
    passage: Passage
    doing: bool
    list: tuple[str, int] | None
    items: int


def extract_draft(material: object) -> dict[str, Any]:
    """Statements and steps of the first passage's article, in its own words.

    The passages come best first. Empty when no sentence is left to quote.
    """
    if not isinstance(material, DraftMaterial):
        raise TypeError("these rules draft replies")
    lines = [line for each in material.passages for line in _lines(each)]
    kept = [line for line in lines if line.text not in material.avoid]
    main = [line for line in kept if line.passage.slug == kept[0].passage.slug]
    told = [line for line in main if not line.doing]
    first = [line for line in told if line.passage == material.passages[0]]
    steps = _whole(
        sorted((line for line in main if line.doing), key=lambda each: each.passage.number)
    )
    return {
        "statements": [_cited(line) for line in _nearest(first or told, material)],
        "steps": [_cited(line) for line in steps],
        "question": "",
    }


def _lines(passage: Passage) -> list[_Line]:
    found = [each for each in passage.quotes if visible_text(each.text)]
    listed = any(each.numbered for each in found)
    return [
        _Line(
            each.text,
            passage,
            _does(passage, each, listed=listed),
            (passage.slug, each.list) if each.list else None,
            each.items,
        )
        for each in found
        if len(each.text) <= CHARACTERS
    ]


def _does(passage: Passage, quote: Quote, *, listed: bool) -> bool:
    """Whether it is a list item or, without a list, a sentence under a heading that announces
    steps."""
    if quote.kind in ("row", "code"):
        return False
    return quote.kind == "item" or (not listed and bool(_DOING.search(passage.heading)))


def _whole(lines: Sequence[_Line]) -> list[_Line]:
    """As many lines as a draft may have; a list is whole or left out."""
    kept = list[_Line]()
    for name, group in groupby(lines, key=lambda line: line.list):
        held = list(group)
        if name and len(held) < held[0].items:
            continue
        if len(kept) + len(held) > STEPS:
            if name:
                continue
            held = held[: STEPS - len(kept)]
        kept += held
    return kept


def _nearest(lines: Sequence[_Line], material: DraftMaterial) -> list[_Line]:
    """The lines that share most words with the ticket, in the article's order."""
    if not lines:
        return []
    scores = LexicalIndex([[line.text] for line in lines]).scores(material.ticket.text)
    best = sorted(range(len(lines)), key=lambda n: -scores[n])[:_TOLD]
    return [lines[n] for n in sorted(best)]


def _cited(line: _Line) -> dict[str, Any]:
    return {"text": line.text, "citations": [line.passage.id]}
