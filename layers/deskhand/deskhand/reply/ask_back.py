"""The clarifying question when no passage helps: exactly one, by rule, in four languages."""

import re
import tomllib
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

from deskhand.normal_form import normalise_text
from deskhand.ticket import TicketText

_QUESTIONS: dict[str, dict[str, str]] = tomllib.loads(
    files("deskhand.reply").joinpath("questions.toml").read_text(encoding="utf-8")
)
_COMMON = {language: set(each["words"].split()) for language, each in _QUESTIONS.items()}
_WORD = re.compile(r"[^\W\d_]+")


def clarifying_question(ticket: TicketText, entities: Mapping[str, Any]) -> str:
    """The question to the requester; `entities` are the extracted ones, by name."""
    asked = _QUESTIONS[language_of(ticket.text)]
    if not any(entities.get(name) for name in ("product", "host", "asset", "order_id")):
        return asked["product"]
    issue = (entities.get("issue_type") or {}).get("value")
    if issue == "error" and not entities.get("error_code"):
        return asked["error"]
    return asked["since"]


def language_of(text: str) -> str:
    """The language with most common words in the text; English when there are none."""
    words = _WORD.findall(normalise_text(text).casefold())
    counts = {name: sum(word in common for word in words) for name, common in _COMMON.items()}
    return max(counts, key=lambda name: counts[name])
