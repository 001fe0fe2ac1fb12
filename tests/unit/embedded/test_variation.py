"""Samples told again are about other things, by the product's own rule of what is the same."""

from itertools import islice, pairwise
from pathlib import Path

import pytest

from deskhand.similarity.identifiers import identifiers
from embedded import demo, samples, tickets
from embedded.instance import Instance
from embedded.outage import TICKET as OUTAGE_TICKET
from embedded.tickets import Submission
from embedded.variation import rounds, vary

SAMPLES = [*tickets.read(samples.TICKETS), OUTAGE_TICKET]
# Too vague to name anything: who asks that again repeats a ticket.
VAGUE = {"Something is odd", "???"}


def named(ticket: Submission) -> frozenset[str]:
    """What the ticket calls by a number."""
    texts = (ticket.body.get(name, "") for name in ("subject", "body", "description"))
    return identifiers("\n".join(map(str, texts)))


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.subject[:30])
def test_no_round_names_what_another_one_names(sample: Submission) -> None:
    told = [named(vary(sample, number)) for number in range(20)]
    assert all(told) != (sample.subject in VAGUE)
    assert sum(map(len, told)) == len(frozenset().union(*told))


def test_pairs_stay_pairs_within_a_round() -> None:
    for number in (0, 3):
        told = [named(vary(sample, number)) for sample in SAMPLES]
        again = [one for one, other in pairwise(told) if one & other]
        assert len(again) == 4


def test_the_first_round_is_the_samples_and_only_names_change_later() -> None:
    assert list(islice(rounds(SAMPLES, 0), len(SAMPLES))) == SAMPLES
    [later] = [each for each in islice(rounds(SAMPLES, 1), len(SAMPLES)) if "Paper" in each.subject]
    assert "The printer prn-214 next to the kitchen says paper jam in tray 3." in later.body["body"]


def test_each_demo_goes_on_where_the_one_before_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("embedded.instance.ROOT", tmp_path)
    instance, size = Instance("test"), len(SAMPLES) - 1
    instance.claim()
    first = demo.submissions(instance, None, None)
    demo.keep_rounds(instance, len(first))
    second = demo.submissions(instance, 2 * size + 1, None)
    demo.keep_rounds(instance, len(second))
    third = demo.submissions(instance, 3, None)
    assert first == SAMPLES[:size]
    assert second[0] == vary(SAMPLES[0], 1)
    assert second[size] == vary(SAMPLES[0], 2)
    assert third == [vary(sample, 4) for sample in SAMPLES[:3]]
