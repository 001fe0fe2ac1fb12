"""Drafts: claims with their sources, or one question."""

import json
from typing import Any

import pytest

from deskhand.errors import ModelOutputInvalid
from deskhand.knowledge.quotes import Passage
from deskhand.models.wrappers.masking import Masking
from deskhand.reply.compose import RULES, Objection, draft
from deskhand.reply.draft import Draft
from deskhand.ticket import TicketText
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


_SINCE = "Since when does it happen, and what did you do just before?"


@pytest.mark.parametrize(
    ("body", "entities", "asked"),
    [
        ("It does not work any more, please help.", {}, "Which device or application is it about?"),
        ("It does not work.", {"host": {"value": "fs-03"}, "issue_type": {"value": "error"}},
         _SINCE),
        ("The microphone does not work.", {}, _SINCE),
        ("The microphone is not found in calls.", {}, _SINCE),
        ("The plotter shows an error message.", {},
         "What exactly does the message say that you see?"),
        ('The plotter shows an error message: "no paper".', {}, _SINCE),
        ("The plotter shows an error message.", {"error_code": {"value": "5"}}, _SINCE),
        ("The plotter is dark since Monday.", {}, "What happened just before it began?"),
        ("The plotter is dark, it fell from the table.", {}, "Since when does it happen?"),
        ("Der Beamer zeigt eine Fehlermeldung.", {},
         "Wie lautet die Meldung genau, die Sie sehen?"),
        ("La imprenta no funciona.", {},
         "\u00bfDesde cu\u00e1ndo ocurre y qu\u00e9 hizo justo antes?"),
        ("La macchina del caff\u00e8 non funziona.", {},
         "Da quando succede, e che cosa ha fatto subito prima?"),
        ("De koffiemachine werkt niet.", {},
         "Sinds wanneer gebeurt het, en wat hebt u vlak daarvoor gedaan?"),
    ],
)  # fmt: skip
def test_without_evidence_an_open_question_is_asked(
    body: str, entities: dict[str, Any], asked: str
) -> None:
    """F-D7"""
    made = draft(RULES, TicketText(body, body), [], entities)
    assert (made.kind, made.text, made.statements, made.steps) == ("question", asked, [], [])


@pytest.mark.parametrize(
    ("body", "entities"),
    [
        ("The plotter is dark since Monday, it fell from the table before that.", {}),
        ("Please order 20 chairs for the canteen.", {"issue_type": {"value": "request"}}),
        ("I am on leave next week.", {}),
        ("Thank you, the barrier opens again!", {}),
    ],
)
def test_a_ticket_that_leaves_nothing_open_gets_no_draft(
    body: str, entities: dict[str, Any]
) -> None:
    """F-D7"""
    made = draft(RULES, TicketText(body, body), [], entities)
    assert (made.kind, made.text, made.citations) == ("none", "", [])


def test_who_says_that_all_is_well_gets_no_advice() -> None:
    """F-D7: unless they ask, or something else is wrong."""
    over = "Thanks, the VPN works again."
    assert draft(RULES, TicketText(over, over), PASSAGES, {}).kind == "none"
    for more in ("Why did it drop?", "But it drops every hour."):
        assert draft(RULES, TicketText(over, f"{over} {more}"), PASSAGES, {}).kind == "answer"


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
        ("Which client? Since when?", _SINCE),
        ("Tell me more.", _SINCE),
        ("", _SINCE),
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
    assert (drafted.steps, drafted.statements[-1].text) == ([], "Quit the client.")


@pytest.mark.parametrize(
    ("page", "told", "steps"),
    [
        ("- The light is red.\n- A cable is loose.",
         ["Light:\n- The light is red.\n- A cable is loose."],
         []),
        ("These are causes:\n\n- the light\n- the cable",
         ["These are causes:\n- the light\n- the cable"], []),
        ("1. The light is red.\n2. The cable is loose.",
         ["Light:\n- The light is red.\n- The cable is loose."], []),
        ("- Open the lid.\n- If it is dark, turn the key.", [],
         ["Open the lid.", "If it is dark, turn the key."]),
        ("1. Turn the key.\n2. The light is green.\n3. Close the lid.", [],
         ["Turn the key. The light is green.", "Close the lid."]),
        ("It is dark. Open the lid. Then turn the key.", ["Light: It is dark."],
         ["Open the lid.", "Then turn the key."]),
        ("It is dark. Open the lid.", ["Light: It is dark.", "Open the lid."], []),
        ("1. Deckel \u00f6ffnen.\n2. Schl\u00fcssel nach rechts drehen.", [],
         ["Deckel \u00f6ffnen.", "Schl\u00fcssel nach rechts drehen."]),
        ("- Ouvrez le couvercle et la porte.\n- Tournez la cl\u00e9.", [],
         ["Ouvrez le couvercle et la porte.", "Tournez la cl\u00e9."]),
    ],
)  # fmt: skip
def test_a_step_tells_somebody_to_do_something(
    page: str, told: list[str], steps: list[str]
) -> None:
    """F-D7"""
    made = offline(*passages("vpn", "VPN", f"## Light\n\n{page}"))
    assert [each.text for each in made.statements] == told
    assert [each.text for each in made.steps] == steps


_PHONE = """
## With the old phone at hand

Scan the code with the new phone.

## Without the old phone

The service desk issues a pass.

## Do not click, report

Use the button of the mail program.

## I clicked or entered my password

Disconnect from the network.
"""


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("I lost my old phone.", "The service desk issues a pass."),
        ("I still have the old phone.", "Scan the code with the new phone."),
        ("I clicked the link.", "Disconnect from the network."),
        ("I have not clicked the link, how do I report it?", "Use the button of the mail program."),
    ],
)
def test_the_section_that_fits_best_answers(body: str, said: str) -> None:
    """F-D7: also when it stands last."""
    made = draft(RULES, TicketText("Help", body), passages("a", "Account", _PHONE), {})
    assert made.text == f"{said} [1]"


@pytest.mark.parametrize(
    ("heading", "text", "said"),
    [
        ("How long does it last?", "Ten minutes.", "How long does it last? Ten minutes."),
        ("How long it lasts", "Ten minutes.", "How long it lasts: Ten minutes."),
        ("Are pages kept?", "No.", "Are pages kept? No."),
        ("Deleted pages", "They wait for ten days.", "Deleted pages: They wait for ten days."),
        ("Deleted pages", "Pages wait for ten days.", "Pages wait for ten days."),
        ("Cause", "It is dark.", "It is dark."),
    ],
)
def test_an_answer_carries_its_heading(heading: str, text: str, said: str) -> None:
    """F-D7"""
    made = offline(*passages("a", "Pages", f"## {heading}\n\n{text}"))
    assert [each.text for each in made.statements] == [said]


@pytest.mark.parametrize(
    "stated",
    [
        "The password is hunter22.",
        "- User: visitor\n- Password: 123456",
        "| Account | Password |\n|---|---|\n| visitor | blauwal77 |",
        "Das Kennwort lautet Sommer2026.",
        "Le mot de passe est Tournesol-58.",
        "PIN of the menu: 440917",
        "The override code of every badge printer is 8841-KILO.",
    ],
)
def test_no_draft_states_a_secret(stated: str) -> None:
    """F-D8"""
    made = offline(*passages("a", "Kiosk", f"## Kiosk\n\nThe kiosk is dark.\n\n{stated}"))
    assert [each.text for each in made.statements] == ["The kiosk is dark."]
    assert made.steps == []


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
    items = "".join(f"{n}. Press {n}.\n" for n in range(1, 31))
    made = offline(*passages("vpn", "The VPN", f"## Solution\n\nAll of it.\n\n{items}"))
    assert len(made.steps) == 30
    made = offline(*passages("vpn", "The VPN", f"## Solution\n\nAll of it.\n\n{items * 2}"))
    assert (made.steps, made.text) == ([], "All of it. [1]")
