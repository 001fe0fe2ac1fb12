"""Drafts a reply: one question to a provider, whose answer must cite the given passages."""

import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from deskhand.knowledge.quotes import Passage
from deskhand.models.base import Prompt, Provider
from deskhand.models.origin import Origin
from deskhand.models.prompt_file import prompt_file
from deskhand.models.rule_provider import RuleProvider
from deskhand.reply.ask_back import is_over, open_question
from deskhand.reply.draft import (
    Draft,
    DraftMaterial,
    answer_schema,
    draft_from,
    no_draft,
    question_draft,
)
from deskhand.reply.extractive import extract_draft
from deskhand.reply.policy import policy
from deskhand.reply.topics import by_fit
from deskhand.ticket import TicketText, cut

RULES = RuleProvider(extract_draft)
# The origin of a draft for which no provider was asked.
_BY_RULE = Origin(ai_status="COMPLETED", provider="offline", model="rules", prompt_version="")


@dataclass(frozen=True)
class Objection:
    """The reason why a review rejected an earlier draft, and the claim concerned."""

    reason: str
    claim: str


def draft(
    provider: Provider,
    ticket: TicketText,
    passages: Sequence[Passage],
    entities: Mapping[str, Any],
    objections: Sequence[Objection] = (),
    revision: int = 0,
) -> Draft:
    """A reply from the passages, those that fit best first, or one question that the ticket leaves
    open when they hold no answer; without such a question, no draft.

    Without a passage no provider is asked, since it could only invent an answer.
    """
    if is_over(ticket):
        return no_draft(revision, _BY_RULE)
    if not passages:
        return _asking(open_question(ticket, entities), revision, _BY_RULE)
    prompt = draft_prompt(ticket, by_fit(ticket, passages), objections)
    completion = provider.complete(prompt, answer_schema(tuple(each.id for each in passages)))
    answer, origin = completion.value, Origin.of(completion)
    if answer.claims:
        return draft_from(answer, passages, revision, origin, ticket)
    return _asking(_only(answer.question) or open_question(ticket, entities), revision, origin)


def _asking(question: str, revision: int, origin: Origin) -> Draft:
    return question_draft(question, revision, origin) if question else no_draft(revision, origin)


def draft_prompt(
    ticket: TicketText, passages: Sequence[Passage], objections: Sequence[Objection]
) -> Prompt:
    """The question, with ticket and passages between markers that cannot be guessed."""
    file = prompt_file("draft_reply")
    marker = f"=== data {secrets.token_hex(8)} ==="
    refused = tuple(each.claim for each in objections if each.claim)
    return Prompt(
        name=file.name,
        version=file.version,
        system=file.system,
        user=file.fill(
            policy=policy().prompt_text,
            objections="\n".join(f"- {each.reason}" for each in objections) or "(none)",
            passages="\n\n".join(_shown(passages)),
            marker=marker,
            ticket=cut(ticket.text),
        ),
        material=DraftMaterial(ticket, tuple(passages), refused),
        marker=marker,
    )


def _shown(passages: Sequence[Passage]) -> Iterator[str]:
    for each in passages:
        yield f"[{each.id}] {each.title} / {each.section}\n{each.text}"


def _only(question: str) -> str:
    """The text when it is exactly one question, otherwise empty."""
    text = " ".join(question.split())
    return text if text.endswith("?") and text.count("?") == 1 else ""
