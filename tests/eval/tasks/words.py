"""What tickets say and deny, in ten languages, by the rules of priority and entities."""

from collections.abc import Iterator

from deskhand.catalog.model import RequestType
from deskhand.ticket import TicketText
from deskhand.triage.entities import ExtractMaterial
from deskhand.triage.entity_rules import extract_by_rules
from deskhand.triage.priority import decide
from tests.eval.figures import Figure
from tests.eval.words import LANGUAGES, Sentence, sentences

# What main answered before denials had a scope.
_BEFORE = {
    "de": 0.653, "en": 0.745, "es": 0.673, "fr": 0.755, "it": 0.694, "ja": 0.674, "nl": 0.612,
    "pl": 0.592, "pt": 0.551, "zh": 0.565,
}  # fmt: skip
_ALL_BEFORE = {False: 0.668, True: 0.548}


def measure() -> Iterator[Figure]:
    """The share of right answers; half of them are no."""
    every: dict[bool, list[bool]] = {False: [], True: []}
    for language in LANGUAGES:
        known = list(sentences(language))
        right = [is_said(each) == each.right for each in known]
        for each, is_right in zip(known, right, strict=True):
            every[each.held].append(is_right)
        figure = sum(right) / len(right)
        yield Figure(language, figure, 0.9, baselines={"before": _BEFORE[language]})
    for held, right in every.items():
        name = "all languages, held" if held else "all languages, looked at"
        figure = sum(right) / len(right)
        yield Figure(name, figure, 0.9, baselines={"before": _ALL_BEFORE[held]})


def is_said(sentence: Sentence) -> bool:
    """Whether the rules read that in the sentence."""
    if sentence.what in ("urgent", "outage"):
        found = extract_by_rules(ExtractMaterial(TicketText("Help", sentence.text), ()))
        if sentence.what == "outage":
            return bool(found["issue_type"]) and found["issue_type"]["value"] == "outage"
        return bool(found["urgency"]) and found["urgency"]["value"] != "low"
    phrases = () if sentence.what == "people" else (sentence.what,)
    inputs = decide(RequestType(name="r", escalate_on=phrases), sentence.text).inputs
    return ("escalate_on" if phrases else "affected_users") in [each["name"] for each in inputs]
