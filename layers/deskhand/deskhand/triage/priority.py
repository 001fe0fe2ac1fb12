"""Priority as an explained rule over catalog and text: impact by urgency, and a model's hint."""

import re
from typing import Any, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict

from deskhand.catalog.model import Priority, RequestType, normalise
from deskhand.ticket import LEVELS
from deskhand.triage.counting import GROUP, affected

type Impact = Literal["person", "group", "organisation"]
IMPACTS: tuple[Impact, ...] = ("person", "group", "organisation")
# Urgency across, in the order of LEVELS; the row of one person is urgency alone.
MATRIX: dict[Impact, tuple[Priority, ...]] = {
    "person": ("low", "medium", "high", "critical"),
    "group": ("medium", "high", "critical", "critical"),
    "organisation": ("high", "critical", "critical", "critical"),
}
# The inputs that say how urgent a ticket is; the last one counts. A duplicate has its original's.
_URGENCY = {"catalog_default", "default", "escalate_on", "original"}
_CLUSTER = "duplicates_cluster"
# From that many people, or tickets about the same, on.
_ORGANISATION = 25
# "There is no smoke."
_NOT = r"(?<!\bno )(?<!\bnot )(?<!\bwithout )(?<!\bnever )"


class Opinion(NamedTuple):
    """That a model takes a ticket for more urgent than its like, and whether that is heeded."""

    heeded: bool


class PriorityDecision(BaseModel):
    """A priority and the named inputs that led to it, in the order in which they applied."""

    model_config = ConfigDict(frozen=True)

    priority: Priority
    inputs: list[dict[str, Any]]


def decide(
    request: RequestType, text: str, *, cluster: int = 0, opinion: Opinion | None = None
) -> PriorityDecision:
    """Impact by urgency, with each input and the priority that it led to.

    Urgency is the catalog's default for the request type, one level higher when `text` holds one
    of its `escalate_on`. Impact is who is affected. What a requester says raises the priority by
    one level at most, however much is said, and whatever a model makes of it: its `opinion` is
    stated, and where it is heeded it counts like the requester's own words. `cluster`, the number
    of tickets about the same, is counted by us and raises it as far as the matrix goes.
    """
    default: Priority = request.default_priority or "medium"
    origin = "catalog_default" if request.default_priority else "default"
    inputs: list[dict[str, Any]] = [{"name": origin, "priority": default}]
    urgency = LEVELS.index(default)
    # Several phrases describe one situation: together they raise by one level.
    if found := [phrase for phrase in request.escalate_on if _says(text, phrase)]:
        urgency = min(urgency + 1, len(LEVELS) - 1)
        inputs.append({"name": "escalate_on", "priority": LEVELS[urgency], "phrases": found})
    priority = LEVELS[urgency]
    one_more = max(priority, raised(default), key=LEVELS.index)
    if said := _affected(text):
        priority = one_more
        inputs.append({"name": "affected_users", "priority": priority, "phrases": [said]})
    if opinion is not None:
        priority = one_more if opinion.heeded else priority
        stated = {"urgency": "higher", "heeded": opinion.heeded}
        inputs.append({"name": "model_opinion", "priority": priority, **stated})
    return recounted(PriorityDecision(priority=priority, inputs=inputs), cluster)


def recounted(decided: PriorityDecision, cluster: int) -> PriorityDecision:
    """A decision that was taken before there were so many tickets about the same.

    It is never lowered, and stays itself as long as their number has the impact that it had, or
    nothing in it says how urgent the ticket is.
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


def raised(priority: Priority | None) -> Priority:
    """One level higher, as far as there is one; a ticket without a priority counts as medium."""
    return LEVELS[min(LEVELS.index(priority or "medium") + 1, len(LEVELS) - 1)]


def _impact(count: int) -> Impact:
    return IMPACTS[(count >= GROUP) + (count >= _ORGANISATION)]


def _affected(text: str) -> str | None:
    """The words that say that more than a few people are affected, or None."""
    said = affected(text)
    return text[said.start : said.end] if said and said.is_many else None


def _says(text: str, phrase: str) -> bool:
    """True when the phrase stands in the text as whole words, and no "no" right before it."""
    words = rf"{_NOT}(?<!\w){re.escape(normalise(phrase))}(?!\w)"
    return re.search(words, normalise(text)) is not None
