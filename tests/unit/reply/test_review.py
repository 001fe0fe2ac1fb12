"""The whole review: rules first, then a model about what a model wrote."""

import json
from typing import Any

import pytest

from deskhand.errors import ModelOutputInvalid
from deskhand.models.origin import Origin
from deskhand.reply.draft import Draft, DraftAnswer, Statement, draft_from, question_draft
from deskhand.reply.policy import policy
from deskhand.reply.review import RULES, Review, review
from tests.unit.reply.known import PASSAGES, TICKET
from tests.wire.models.answering import answering


def made(text: str = "The tunnel drops.", provider: str = "openai") -> Draft:
    origin = Origin(ai_status="COMPLETED", provider=provider, model="m", prompt_version="1")
    claim = Statement(text=text, citations=["vpn#0"])
    return draft_from(DraftAnswer(statements=[claim], steps=[], question=""), PASSAGES, 0, origin)


def reviewed(draft: Draft, *objections: dict[str, Any]) -> tuple[Review, list[str]]:
    """The review by a model that objects to this, and what it was asked."""
    with answering(json.dumps({"objections": list(objections)})) as (model, server):
        found = review(model, draft, TICKET, PASSAGES, policy())
        return found, [each.last for each in server.asked]


def test_a_model_looks_at_what_a_model_wrote() -> None:
    """F-D8"""
    found, [question] = reviewed(made())
    assert (found.passed, found.origin.provider, found.policy) == (
        True, "openai", policy().version
    )  # fmt: skip
    assert "1. The tunnel drops. (vpn#0)" in question
    assert "[vpn#0] The tunnel drops every few minutes." in question


def test_its_objection_names_a_claim_and_is_fit_to_be_shown() -> None:
    """F-D8"""
    said = {"claim": 1, "rule": "tone", "reason": "Too **curt**, see https://x.example/y"}
    [finding] = reviewed(made(), said)[0].findings
    assert finding.claim == "The tunnel drops."
    assert finding.reason == "Too curt, see (link)"
    [invented] = reviewed(made(), {**said, "rule": "SECRET-CANARY of the ticket"})[0].findings
    assert invented.rule == "other"
    [whole] = reviewed(made(), {**said, "claim": 9})[0].findings
    assert whole.claim == ""


@pytest.mark.parametrize(
    "draft",
    [made("We will refund you."), made(provider="offline")],
    ids=["refused by a rule", "quoted by rules"],
)
def test_a_model_is_not_asked_needlessly(draft: Draft) -> None:
    found, asked_of_it = reviewed(draft)
    assert asked_of_it == []
    assert found.origin.model == "rules"
    assert found.passed == (draft.origin.provider == "offline")


def test_a_question_needs_no_model() -> None:
    origin = made().origin
    found, asked_of_it = reviewed(question_draft("Which client is it?", 0, origin))
    assert (found.passed, asked_of_it) == (True, [])


def test_a_useless_answer_is_no_review() -> None:
    """F-E3"""
    with pytest.raises(ModelOutputInvalid):
        reviewed(made(), {"claim": -1, "rule": "tone", "reason": "x"})


def test_rules_stand_in_for_a_model_that_is_away() -> None:
    assert review(RULES, made(), TICKET, PASSAGES, policy()).passed is True
