"""The question back when no passage helps: one that the ticket leaves open, or none."""

from collections.abc import Mapping
from typing import Any

from deskhand.reply.language import Language, language, language_of, words_of
from deskhand.ticket import TicketText

_NAMING = ("product", "host", "asset", "order_id")


def open_question(ticket: TicketText, entities: Mapping[str, Any]) -> str:
    """The question to the requester, empty when the ticket leaves none open.

    `entities` are the extracted ones, by name. What it is about is asked only where nothing is
    named, and when a problem began only where there is one.
    """
    text = ticket.text
    told = language(language_of(text))
    kind = (entities.get("issue_type") or {}).get("value")
    if not any(entities.get(name) for name in _NAMING) and _names_nothing(text, told):
        return told.questions["product"]
    if told.says("message", text) and not (entities.get("error_code") or _quotes(text)):
        return told.questions["error"]
    if kind in ("request", "question") or not (kind or told.says("trouble", text)):
        return ""
    return _of_time(text, told)


def is_over(ticket: TicketText) -> bool:
    """Whether the ticket only says that all is well again."""
    text = ticket.text
    told = language(language_of(text))
    return told.says("over", text) and "?" not in text and not told.says("trouble", text)


def _of_time(text: str, told: Language) -> str:
    begun, before = told.says("times", text), told.says("events", text)
    if begun and before:
        return ""
    name = "before" if begun else "begin" if before else "since"
    return told.questions[name]


def _names_nothing(text: str, told: Language) -> bool:
    return all(word in told.vague for word in words_of(text))


def _quotes(text: str) -> bool:
    """Whether it has words in quotation marks, or a colon with what a machine said."""
    return any(mark in text for mark in '"\u201c\u201e\u00ab\u300c') or ": " in text
