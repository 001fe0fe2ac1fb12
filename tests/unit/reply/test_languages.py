"""Drafts in the ticket's language, or with a sentence that says what language the articles have."""

import pytest

from deskhand.knowledge.quotes import Passage
from deskhand.reply.compose import RULES, draft
from deskhand.reply.draft import Draft
from deskhand.reply.language import NAMES, is_foreign, language, language_of
from deskhand.ticket import TicketText
from tests.eval import languages
from tests.unit.reply.known import passages

ENGLISH = passages(
    "queue-en",
    "Print jobs that wait",
    "The jobs are sent to a driver that has stopped. Please restart the spooler of the computer.",
)
GERMAN = passages(
    "queue-de",
    "Druckaufträge, die warten",
    "Die Aufträge gehen an einen Treiber, der nicht mehr läuft. Bitte starten Sie den Dienst neu.",
)


def ticket(name: str) -> TicketText:
    return next(each.text for each in languages.tickets(name) if each.name == "queue.a")


def drafted(asked: str, *given: list[Passage]) -> Draft:
    return draft(RULES, ticket(asked), [each for several in given for each in several], {})


@pytest.mark.parametrize("name", NAMES)
def test_the_language_of_each_translated_ticket_is_recognised(name: str) -> None:
    found = [language_of(each.text.text) for each in languages.tickets(name)]
    assert found.count(name) >= len(found) - 1


@pytest.mark.parametrize("name", [name for name in NAMES if name != "en"])
def test_articles_in_another_language_are_announced(name: str) -> None:
    """F-D7"""
    made = drafted(name, ENGLISH)
    sentence = language(name).elsewhere(language("en"))
    assert made.text.startswith(f"{sentence}\n\nThe jobs are sent")
    assert [each.slug for each in made.citations] == ["queue-en"]


def test_an_article_in_the_language_of_the_ticket_is_not_announced() -> None:
    assert drafted("en", ENGLISH).text.startswith("The jobs are sent")
    assert drafted("de", GERMAN).text.startswith("Die Aufträge gehen")
    assert drafted("en", GERMAN).text.startswith("The articles about this exist in German only:")


@pytest.mark.parametrize(("asked", "slug"), [("de", "queue-de"), ("en", "queue-en")])
def test_of_two_articles_that_are_as_near_the_one_in_the_ticket_s_language_answers(
    asked: str, slug: str
) -> None:
    """F-D7"""
    for given in ((ENGLISH, GERMAN), (GERMAN, ENGLISH)):
        assert {each.slug for each in drafted(asked, *given).citations} == {slug}


def test_every_language_has_a_sentence_for_every_other_one() -> None:
    for name in NAMES:
        said = [language(name).elsewhere(language(other)) for other in NAMES if other != name]
        assert len(set(said)) == len(NAMES) - 1


@pytest.mark.parametrize("text", ["OK", "srv-01: ERR 0x80070005", "Reboot.", ""])
def test_too_few_words_have_no_language(text: str) -> None:
    assert not is_foreign(text, ticket("de").text)
