"""Reviews a draft: rules first, then a model for drafts that a model wrote."""

import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema

from deskhand.knowledge.quotes import Passage
from deskhand.models.base import Prompt, Provider
from deskhand.models.origin import Origin
from deskhand.models.prompt_file import prompt_file
from deskhand.models.rule_provider import RuleProvider
from deskhand.reply.draft import Draft
from deskhand.reply.finding import Finding
from deskhand.reply.policy import Policy
from deskhand.reply.review_rules import findings
from deskhand.safety.sanitise import sanitise
from deskhand.ticket import TicketText, cut

# Rules besides those of the policy.
_RULES = ("support", "personal", "link", "injection")


@dataclass(frozen=True, slots=True)
class ReviewMaterial:
    """The facts behind a review_reply prompt."""

    draft: str


class Objected(BaseModel):
    """An objection to a claim, by its number from 1; 0: the draft as a whole."""

    claim: Annotated[int, Field(ge=0, le=100)]
    rule: str
    reason: Annotated[str, Field(max_length=300)]


class ReviewAnswer(BaseModel):
    """A provider's answer; without objections the draft passes."""

    objections: Annotated[list[Objected], Field(max_length=20)]


class Review(BaseModel):
    """Whether a draft passed, with the reasons, the policy's version and the reviewer."""

    model_config = ConfigDict(frozen=True)

    passed: bool
    findings: list[Finding]
    revision: int
    policy: str
    origin: Origin


def _nothing(material: object) -> dict[str, Any]:
    """No objections: the rules have run before any provider is asked."""
    return {"objections": []}


RULES = RuleProvider(_nothing)


@lru_cache(maxsize=4)
def answer_schema(policy: Policy) -> type[ReviewAnswer]:
    """ReviewAnswer, restricted to the existing rules."""
    names = _names(policy)

    class Named(Objected):
        rule: Annotated[str, WithJsonSchema({"type": "string", "enum": names})]

    # Narrower than the replaced field, which mypy rejects because lists are invariant.
    class Answer(ReviewAnswer):
        objections: Annotated[list[Named], Field(max_length=20)]  # type: ignore[assignment]

    return Answer


def review(
    provider: Provider,
    draft: Draft,
    ticket: TicketText,
    passages: Sequence[Passage],
    policy: Policy,
) -> Review:
    """Reviews a draft; a model is asked only about a draft that a model wrote and the rules passed.

    Sentences quoted from articles need no second opinion.
    """
    given = {each.id: each for each in passages}
    found = findings(draft, ticket, given, policy)
    if found or draft.kind != "answer" or draft.origin.provider == RULES.name:
        return _review(found, draft, policy, _BY_RULE)
    prompt = review_prompt(draft, given, ticket, policy)
    completion = provider.complete(prompt, answer_schema(policy))
    objected = list(_findings(completion.value, draft, _names(policy)))
    return _review(objected, draft, policy, Origin.of(completion))


_BY_RULE = Origin(ai_status="COMPLETED", provider="offline", model="rules", prompt_version="")


def _review(found: list[Finding], draft: Draft, policy: Policy, origin: Origin) -> Review:
    return Review(
        passed=not found,
        findings=found,
        revision=draft.revision,
        policy=policy.version,
        origin=origin,
    )


def review_prompt(
    draft: Draft, passages: Mapping[str, Passage], ticket: TicketText, policy: Policy
) -> Prompt:
    """The question, with draft, passages and ticket between markers."""
    file = prompt_file("review_reply")
    marker = f"=== data {secrets.token_hex(8)} ==="
    cited = (passages[each.id] for each in draft.citations if each.id in passages)
    return Prompt(
        name=file.name,
        version=file.version,
        system=file.system,
        user=file.fill(
            policy="\n".join(f"- {rule.id}: {rule.says}" for rule in policy.rules),
            claims="\n".join(_claims(draft)),
            passages="\n\n".join(f"[{each.id}] {each.text}" for each in cited),
            marker=marker,
            ticket=cut(ticket.text),
        ),
        material=ReviewMaterial(draft.text),
        marker=marker,
    )


def _claims(draft: Draft) -> Iterator[str]:
    for number, claim in enumerate((*draft.statements, *draft.steps), 1):
        yield f"{number}. {claim.text} ({', '.join(claim.citations)})"


def _names(policy: Policy) -> list[str]:
    return [*(rule.id for rule in policy.rules), *_RULES]


def _findings(answer: ReviewAnswer, draft: Draft, names: list[str]) -> Iterator[Finding]:
    """Objections as findings; only known rule names, since they appear in the execution's
    history."""
    claims = ["", *(claim.text for claim in (*draft.statements, *draft.steps))]
    for each in answer.objections:
        claim = claims[each.claim] if each.claim < len(claims) else ""
        rule = each.rule if each.rule in names else "other"
        yield Finding(rule=rule, reason=sanitise(each.reason), claim=claim)
