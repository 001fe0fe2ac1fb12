"""Priority as an explained rule over the catalog; no model has a say in it."""

import re
from typing import Any

from pydantic import BaseModel, ConfigDict

from deskhand.catalog import Priority, RequestType, normalise

LEVELS: tuple[Priority, ...] = ("low", "medium", "high", "critical")


class PriorityDecision(BaseModel):
    """A priority and the named inputs that led to it, in the order in which they applied."""

    model_config = ConfigDict(frozen=True)

    priority: Priority
    inputs: list[dict[str, Any]]


def decide(request: RequestType, text: str) -> PriorityDecision:
    """The catalog's default for the request type, one level higher when `text` says so."""
    default: Priority = request.default_priority or "medium"
    origin = "catalog_default" if request.default_priority else "default"
    inputs: list[dict[str, Any]] = [{"name": origin, "priority": default}]
    found = [phrase for phrase in request.escalate_on if _says(text, phrase)]
    if not found:
        return PriorityDecision(priority=default, inputs=inputs)
    higher = raised(default)
    # Several phrases describe one situation: together they raise by one level.
    inputs.append({"name": "escalate_on", "priority": higher, "phrases": found})
    return PriorityDecision(priority=higher, inputs=inputs)


def raised(priority: Priority | None) -> Priority:
    """One level higher, as far as there is one; a ticket without a priority counts as medium."""
    return LEVELS[min(LEVELS.index(priority or "medium") + 1, len(LEVELS) - 1)]


def _says(text: str, phrase: str) -> bool:
    """True when the phrase stands in the text as whole words."""
    return re.search(rf"(?<!\w){re.escape(normalise(phrase))}(?!\w)", normalise(text)) is not None
