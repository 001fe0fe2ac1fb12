"""Priority by an explained rule: a matrix of impact and urgency, and a model's hint."""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict

from deskhand.catalog.model import Handling, Priority
from deskhand.normal_form import normalise_text
from deskhand.ticket import LEVELS, one_level_higher
from deskhand.triage.affected_people import GROUP, affected_people
from deskhand.triage.denial import own_words, phrases_of, words_said

type Impact = Literal["person", "group", "organisation"]
IMPACTS: tuple[Impact, ...] = ("person", "group", "organisation")
# Columns are urgency, in the order of LEVELS; in the row of one person, priority equals urgency.
MATRIX: dict[Impact, tuple[Priority, ...]] = {
    "person": ("low", "medium", "high", "critical"),
    "group": ("medium", "high", "critical", "critical"),
    "organisation": ("high", "critical", "critical", "critical"),
}
# The inputs that set the urgency; the last one counts. A duplicate has its original's urgency.
_URGENCY = {"catalog_default", "default", "escalate_on", "original"}
_CLUSTER = "duplicates_cluster"
# From this many people, or tickets about the same problem, the impact is the organisation.
_ORGANISATION = 25


class Opinion(NamedTuple):
    """A model's opinion that a ticket is more urgent than others of its type, and whether it
    counts."""

    heeded: bool


class PriorityDecision(BaseModel):
    """A priority and the named inputs that led to it, in the order of application."""

    model_config = ConfigDict(frozen=True)

    priority: Priority
    inputs: list[dict[str, Any]]


def decide(
    handling: Handling, text: str, *, cluster: int = 0, opinion: Opinion | None = None
) -> PriorityDecision:
    """The priority by impact and urgency, with each input and the priority that resulted.

    Urgency is the catalog's default for the request type, one level higher when `text` holds one of
    its `escalate_on`. Impact is the group of people affected. The requester's words raise the
    priority by one level at most, together with a model's `opinion`: that is listed, and when it is
    heeded it counts like the requester's words. `cluster`, the number of tickets about the same
    problem, is measured, so it may raise the priority as far as the matrix goes.
    """
    default: Priority = handling.default_priority or "medium"
    origin = "catalog_default" if handling.default_priority else "default"
    inputs: list[dict[str, Any]] = [{"name": origin, "priority": default}]
    urgency = LEVELS.index(default)
    # Several phrases describe one situation, so together they raise the priority by one level.
    if found := _phrases_said(text, handling.escalate_on):
        urgency = min(urgency + 1, len(LEVELS) - 1)
        inputs.append({"name": "escalate_on", "priority": LEVELS[urgency], "phrases": found})
    priority = LEVELS[urgency]
    one_more = max(priority, one_level_higher(default), key=LEVELS.index)
    if people := _affected(text):
        priority = one_more
        inputs.append({"name": "affected_users", "priority": priority, "phrases": [people]})
    if opinion is not None:
        priority = one_more if opinion.heeded else priority
        stated = {"urgency": "higher", "heeded": opinion.heeded}
        inputs.append({"name": "model_opinion", "priority": priority, **stated})
    return recalculate(PriorityDecision(priority=priority, inputs=inputs), cluster)


def recalculate(decided: PriorityDecision, cluster: int) -> PriorityDecision:
    """The decision, recalculated for a larger number of tickets about the same problem.

    The priority is never lowered. The decision is unchanged when the number has the same impact as
    before, or when the decision states no urgency.
    """
    urgent = [each["priority"] for each in decided.inputs if each["name"] in _URGENCY]
    known = [each["impact"] for each in decided.inputs if each["name"] == _CLUSTER]
    measured = _impact(cluster)
    if not urgent or IMPACTS.index(measured) <= IMPACTS.index(known[-1] if known else "person"):
        return decided
    wanted = MATRIX[measured][LEVELS.index(urgent[-1])]
    priority = max(decided.priority, wanted, key=LEVELS.index)
    counted = {"name": _CLUSTER, "priority": priority, "impact": measured, "tickets": cluster}
    others = [each for each in decided.inputs if each["name"] != _CLUSTER]
    return PriorityDecision(priority=priority, inputs=[*others, counted])


def _impact(count: int) -> Impact:
    return IMPACTS[(count >= GROUP) + (count >= _ORGANISATION)]


def _affected(text: str) -> str | None:
    """The words that say that a group of people is affected, or None."""
    found = affected_people(text)
    return text[found.start : found.end] if found and found.is_many else None


def _phrases_said(text: str, phrases: Sequence[str]) -> list[str]:
    """The phrases that the text says as whole words and does not deny."""
    if not phrases:
        return []
    read = words_said(own_words(text).text)
    return [each for each in phrases if any(read.assertions(_pattern(normalise_text(each))))]


@lru_cache(maxsize=1024)
def _pattern(phrase: str) -> re.Pattern[str]:
    return phrases_of([phrase])
