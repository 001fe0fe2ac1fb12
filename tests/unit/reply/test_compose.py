"""Drafts: claims with their sources, or one question."""

import json
from typing import Any

import pytest

from deskhand.errors import ModelOutputInvalid
from deskhand.knowledge.quotes import Passage
from deskhand.models.wrappers.masking import Masking
from deskhand.reply.compose import RULES, Objection, draft
from deskhand.reply.draft import Draft
from tests.unit.reply.known import PASSAGES, TICKET, passage, passages
from tests.wire.models.answering import answering

CLAIM = {"text": "The tunnel drops.", "citations": ["vpn#0"]}


def offline(*passages: Passage, objections: tuple[Objection, ...] = ()) -> Draft:
    return draft(RULES, TICKET, passages, {}, objections, revision=len(objections))


def answered(*answers: dict[str, Any], passages: tuple[Passage, ...] = PASSAGES) -> Draft:
    """The draft of a model that gives these answers, the last one repeated."""
    nothing: dict[str, Any] = {"statements": [], "steps": [], "question": ""}
    with answering(*(json.dumps(nothing | each) for each in answers)) as (model, server):
        made = draft(Masking(model), TICKET, passages, {})
        answered.asked = [each.last for each in server.asked]  # type: ignore[attr-defined]
    return made


def test_a_rule_draft_quotes_the_best_article_only() -> None:
    """F-D7 F-E2"""
    made = offline(*PASSAGES)
    assert [each.text for each in made.statements] == ["The tunnel drops every few minutes."]
    assert [(each.text, each.citations) for each in made.steps] == [
        ("Is the client at least 5.2?", ["vpn#1"]),
        ("Quit the client.", ["vpn#2"]),
        ("Sign in again.", ["vpn#2"]),
        ("Restart.", ["vpn#2"]),
    ]
    assert made.text.startswith("The tunnel drops every few minutes. [1]\n\n1. Is the client")
    assert [(each.id, each.section) for each in made.citations] == [
        ("vpn#0", "Symptoms"), ("vpn#1", "Check first"), ("vpn#2", "Solution")
    ]  # fmt: skip
    assert (made.origin.provider, made.kind) == ("offline", "answer")


def test_a_rule_draft_leaves_out_what_a_review_refused() -> None:
    """F-D8"""
    made = offline(*PASSAGES, objections=(Objection("tone: no", "Sign in again."),))
    assert "Sign in again." not in made.text
    assert made.revision == 1


def test_a_rule_draft_passes_over_what_cannot_be_quoted() -> None:
    odd = "\u200b\u200b\n\nThe tunnel drops."
    made = offline(passage("vpn", 0, "The VPN", "Symptoms", odd))
    assert [each.text for each in made.statements] == ["The tunnel drops."]


def test_a_draft_of_which_nothing_is_left_asks() -> None:
    """F-D8"""
    one = passage("vpn", 0, "The VPN", "Symptoms", "The tunnel drops.")
    made = offline(one, objections=(Objection("x", "The tunnel drops."),))
    assert (made.kind, made.citations) == ("question", [])


@pytest.mark.parametrize(
    ("entities", "asked"),
    [
        ({}, "Which device or application is it about?"),
        (
            {"product": {"value": "SAP"}},
            "Since when does it happen, and what did you do just before?",
        ),
        (
            {"host": {"value": "fs-03"}, "issue_type": {"value": "error"}},
            "What exactly does the message say that you see?",
        ),
        (
            {
                "host": {"value": "x"},
                "issue_type": {"value": "error"},
                "error_code": {"value": "5"},
            },
            "Since when does it happen, and what did you do just before?",
        ),
    ],
)
def test_without_evidence_what_is_missing_is_asked(entities: dict[str, Any], asked: str) -> None:
    """F-D7"""
    made = draft(RULES, TICKET, [], entities)
    assert (made.kind, made.text, made.statements, made.steps) == ("question", asked, [], [])


def test_a_models_claims_carry_their_sources() -> None:
    """F-D7"""
    made = answered(
        {"statements": [CLAIM], "steps": [{"text": "Restart.", "citations": ["vpn#2"]}]}
    )
    assert made.text == "The tunnel drops. [1]\n\n1. Restart. [2]"
    assert made.origin.provider == "openai"
    [question] = answered.asked  # type: ignore[attr-defined]
    assert "[vpn#2] The VPN / Solution" in question
    assert "Promise nothing" in question
    assert "10.0.0.9" not in question


@pytest.mark.parametrize(
    "claim",
    [
        {"text": "It is so.", "citations": []},
        {"text": "It is so.", "citations": ["vpn#9"]},
        {"text": "It is so."},
        {"text": "", "citations": ["vpn#0"]},
    ],
    ids=["uncited", "invented source", "no citations", "empty"],
)
def test_a_claim_without_a_given_source_is_refused(claim: dict[str, Any]) -> None:
    """F-D7 F-E3"""
    with pytest.raises(ModelOutputInvalid):
        answered({"statements": [claim]})
    made = answered({"statements": [claim]}, {"statements": [CLAIM]})
    assert [each.text for each in made.statements] == ["The tunnel drops."]


@pytest.mark.parametrize(
    ("question", "sent"),
    [
        ("Which client do you use?", "Which client do you use?"),
        ("Which client? Since when?", "Which device or application is it about?"),
        ("Tell me more.", "Which device or application is it about?"),
        ("", "Which device or application is it about?"),
    ],
)
def test_a_model_without_an_answer_asks_one_question(question: str, sent: str) -> None:
    """F-D7"""
    made = answered({"question": question})
    assert (made.kind, made.text) == ("question", sent)


def test_a_claim_has_nothing_that_nobody_sees() -> None:
    """F-E10: its lines stay, since it may quote code."""
    claim = {"text": "\nThe\u200b tunnel\n\u202e  drops.\r\x07", "citations": ["vpn#0"]}
    made = answered({"statements": [claim]})
    assert made.statements[0].text == "The tunnel\n  drops."
    assert made.text == "The tunnel [1]\n  drops."
    with pytest.raises(ModelOutputInvalid):
        answered({"statements": [{"text": "\u200b", "citations": ["vpn#0"]}]})


def test_without_evidence_no_model_is_asked() -> None:
    """F-D7"""
    assert answered({"statements": [CLAIM]}, passages=()).kind == "question"
    assert answered.asked == []  # type: ignore[attr-defined]


def test_masked_personal_data_comes_back() -> None:
    """F-E11"""
    claim = {"text": "Mail is sent by <IP_1>.", "citations": ["mail#0"]}
    assert answered({"statements": [claim]}).statements[0].text == "Mail is sent by 10.0.0.9."


@pytest.mark.parametrize(
    "code",
    [
        "~~~\n- rm -rf\n~~~",
        "````\n```\n- rm -rf\n````",
        "```sh\n- rm -rf\n\n```python\n1. more\n```",
        "- ```\n  - rm -rf\n  ```",
        "> ```\n> rm -rf\n> ```",
        "    - rm -rf\n\n    1. more",
        "```\n" + "1. rm -rf /some/where\n" * 100 + "```",
    ],
)
def test_code_is_never_a_step(code: str) -> None:
    """F-D7: not even of a fence that was too long for one passage."""
    made = passages("vpn", "The VPN", f"## Solution\n\n{code}\n\nQuit the client.")
    drafted = offline(*made)
    assert [each.text for each in drafted.steps] == ["Quit the client."]


@pytest.mark.parametrize(
    ("headings", "steps"), [("Reset › Symptoms", []), ("Symptoms › Reset", ["It is red."])]
)
def test_the_nearest_heading_says_whether_there_is_something_to_do(
    headings: str, steps: list[str]
) -> None:
    made = offline(passage("vpn", 0, "The VPN", headings, "It is red."))
    assert [each.text for each in made.steps] == steps


def test_code_tables_and_whole_lists_reach_the_reply() -> None:
    """F-D7: code keeps its lines and marks."""
    page = (
        "## Clean the head\n\n1. Run as operator:\n\n   ```\n   # a_b\n   badgectl"
        "  <clean> *\n   ```\n2. Restart print_spooler_svc.\n"
    )
    made = offline(*passages("badge", "Badges", page))
    assert made.text == (
        "1. Run as operator: [1]\n# a_b\nbadgectl  <clean> *\n2. Restart print_spooler_svc. [1]"
    )
    table = "## Codes\n\n| Code | Meaning |\n|---|---|\n| E-12 | VPN certificate expired |"
    assert offline(*passages("vpn", "VPN", table)).text == (
        "Code: E-12; Meaning: VPN certificate expired [1]"
    )


def test_a_list_is_whole_or_left_out() -> None:
    """F-D7"""
    items = "".join(f"{n}. Step {n}.\n" for n in range(1, 31))
    made = offline(*passages("vpn", "The VPN", f"## Solution\n\nDo all.\n\n{items}"))
    assert len(made.steps) == 30
    made = offline(*passages("vpn", "The VPN", f"## Solution\n\nDo all.\n\n{items * 2}"))
    assert (made.steps, made.text) == ([], "Do all. [1]")
