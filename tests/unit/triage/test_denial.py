"""What tickets deny: negation with its scope, in ten languages."""

import pytest

from deskhand.catalog.model import RequestType
from deskhand.triage.priority import decide
from tests.eval.tasks.words import is_said
from tests.eval.words import LANGUAGES, sentences

KNOWN = [(language, each) for language in LANGUAGES for each in sentences(language)]


@pytest.mark.parametrize(("phrase", "text", "said"), [
    ("clicked", "I did not open anything and I haven't clicked the link.", False),
    ("clicked", "I did not open anything, I clicked the link.", True),
    ("clicked", "I have not, as far as I know, clicked.", False),
    ("clicked", "I did not open, click or forward it, it clicked by itself", True),
    ("forward", "I did not open, click or forward it", False),
    ("error 619", "It does not connect, error 619", True),
    ("smoke", "No sound\nsmoke in the room", True),
    ("smoke", "The alarm does not sound any more and there is\nsmoke in the room", True),
    ("smoke", "Mail works again, but there is smoke", True),
    ("smoke", "There was smoke, everything works again", False),
    ("smoke", "> there is smoke\nThe light is broken", False),
    ("smoke", "The light is broken\n-- \nAnn, smoke detectors", False),
    ("starts in ten minutes", "The meeting starts in ten minutes", True),
])  # fmt: skip
def test_a_phrase_counts_only_where_it_is_said(phrase: str, text: str, said: bool) -> None:
    """F-D6: what stands in quoted mail or a signature is not said."""
    inputs = decide(RequestType(name="r", escalate_on=(phrase,)), text).inputs
    assert ("escalate_on" in [each["name"] for each in inputs]) == said


def test_the_set_is_large_and_half_of_it_is_no() -> None:
    """A rule that always says yes must not look good."""
    assert len(KNOWN) >= 400
    assert len(LANGUAGES) == 10
    for language in LANGUAGES:
        said = [each.right for one, each in KNOWN if one == language]
        assert 0.4 <= sum(said) / len(said) <= 0.6


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_language_is_read(language: str) -> None:
    """F-D5 F-D6: what was looked at is right, and nearly all of the rest."""
    wrong = [one for one in sentences(language) if is_said(one) != one.right]
    assert [one for one in wrong if not one.held] == []
    assert len(wrong) <= 2
