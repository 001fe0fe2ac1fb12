"""A classifier of known tickets: what it says, and that it survives being stored."""

from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest

from deskhand.learning import training
from deskhand.learning.classifier import Classifier, pack, unpack, widen
from deskhand.learning.examples import FEWEST, Examples, is_learnable
from deskhand.learning.memory import Memory
from deskhand.learning.neighbours import Neighbour, Pair
from deskhand.learning.regression import fit
from deskhand.learning.training import affordable_part, predict_out_of_fold, train

PRINTER, VPN, MOUSE = ("Hardware", "Printer"), ("Network", "VPN"), ("Hardware", "Mouse")
WORDS = {PRINTER: "printer paper toner jam", VPN: "vpn tunnel remote drops", MOUSE: "mouse click"}
AXES = {pair: np.eye(3, dtype=np.float32)[number] for number, pair in enumerate(WORDS)}


def vector(pair: Pair, noise: int) -> np.ndarray:
    rough = AXES[pair] + 0.2 * np.random.default_rng(noise).normal(size=3)
    unit: np.ndarray = rough / np.linalg.norm(rough)
    return unit.astype(np.float32)


def known(count: int) -> Examples:
    pairs = [list(WORDS)[number % 3] for number in range(count)]
    texts = [
        " ".join(np.random.default_rng(number).permutation(WORDS[pair].split())[:3])
        for number, pair in enumerate(pairs)
    ]
    vectors = np.stack([vector(pair, number) for number, pair in enumerate(pairs)])
    judged = np.full(count, fill_value=True)
    keys = [str(n) for n in range(count)]
    return Examples(keys, texts, vectors, pairs, judged, "m", through=count)


@cache
def trained() -> Classifier:
    return train(known(120))


def near(pair: Pair, similarity: float = 0.9, source: str = "import", change: int = 1) -> Neighbour:
    return Neighbour("x", source, pair, similarity, change)


def test_it_says_what_the_examples_say() -> None:
    chances = trained().chances("toner jam", vector(PRINTER, 500), [near(PRINTER)] * 5, {})
    assert max(chances, key=chances.__getitem__) == PRINTER
    assert sum(chances.values()) == pytest.approx(1)
    assert trained().report["accuracy"] > 0.9
    assert trained().report["tried"] == 120


def test_each_opinion_can_sway_it() -> None:
    base = ("click", vector(MOUSE, 501), [near(MOUSE)] * 5)
    sure = trained().chances(*base, {})[MOUSE]
    assert trained().chances("tunnel", *base[1:], {})[MOUSE] < sure
    assert trained().chances(base[0], vector(VPN, 1), base[2], {})[MOUSE] < sure
    assert trained().chances(*base[:2], [near(VPN)] * 5, {})[MOUSE] < sure


def test_the_same_examples_give_the_same_classifier() -> None:
    assert pack(train(known(60))) == pack(train(known(60)))


def test_it_is_the_same_after_being_stored() -> None:
    back = unpack(pack(trained()), 7, {"a": 1})
    assert back is not None
    question = ("paper drops", vector(VPN, 502), [near(VPN)])
    assert back.chances(*question, {}) == trained().chances(*question, {})
    assert (back.through, back.report, back.home) == (7, {"a": 1}, trained().home)
    assert back.trial.threshold(0.9) == trained().trial.threshold(0.9)
    assert back.trial.of(VPN).accuracy == trained().trial.of(VPN).accuracy > 0


def test_a_pair_that_came_later_wins_by_its_neighbours() -> None:
    late = ("Facilities", "Parking")
    chances = trained().chances("a parking lot", vector(MOUSE, 503), [near(late, 0.95)] * 5, {})
    assert max(chances, key=chances.__getitem__) == late
    # What neighbours give to later pairs is taken from the known ones.
    wide = widen(np.array([[0.5, 0.3, 0.2]]), np.array([[0, 0, 0.6, 0.4]]))
    np.testing.assert_allclose(wide, [[0.3, 0.18, 0.12, 0.4]])


def test_words_that_speak_for_a_pair_are_told() -> None:
    assert set(trained().telling_words("my toner and the mouse", PRINTER, 3)) == {"toner"}
    assert trained().telling_words("toner", ("No", "such"), 3) == []


def test_far_from_everything_is_not_at_home() -> None:
    def memory(similarity: float) -> Memory:
        return Memory(vector(VPN, 1), (near(VPN, similarity),) * 10, trained())

    assert memory(0.95).is_familiar(VPN)
    assert not memory(trained().home - 0.01).is_familiar(VPN)
    assert Memory(vector(VPN, 1)).is_familiar(VPN)
    one = (near(VPN, 0.99), *[near(VPN, trained().home - 0.2)] * 9)
    assert not Memory(vector(VPN, 1), one, trained()).is_familiar(VPN)


def test_what_people_said_and_what_the_catalog_says_is_at_home() -> None:
    away = [near(VPN, trained().home - 0.2)] * 9
    corrected = Memory(vector(VPN, 1), (near(MOUSE, 0.8, "correction"), *away), trained())
    assert corrected.is_familiar(MOUSE)
    assert not corrected.is_familiar(VPN)
    late = ("Facilities", "Parking")
    worded = Memory(vector(VPN, 1), tuple(away), trained(), {VPN: 0.6, MOUSE: 0.8, late: 0.6})
    assert [worded.is_familiar(pair) for pair in (VPN, MOUSE, late, PRINTER)] == [
        False, True, True, False
    ]  # fmt: skip


def test_what_was_seen_seldom_is_left_to_neighbours() -> None:
    late = ("Facilities", "Parking")
    some = known(120)
    pairs = [late if n < 4 else pair for n, pair in enumerate(some.pairs)]
    made = train(replace(some, pairs=pairs))
    assert late not in made.pairs
    assert made.report["tried"] == 120
    chances = made.chances("toner jam", vector(PRINTER, 500), [near(late, 0.9)] * 3, {})
    assert max(chances, key=chances.__getitem__) == late


def test_a_correction_counts_before_the_next_training() -> None:
    nearest = [near(VPN, 0.98, "correction", trained().through + 1), *[near(PRINTER, 0.97)] * 19]
    memory = Memory(vector(PRINTER, 504), tuple(nearest), trained())
    chances = memory.chances("toner jam", dict.fromkeys(WORDS, 0.0), [])
    assert chances is not None
    assert max(chances, key=chances.__getitem__) == VPN
    for older in (("correction", trained().through), ("import", trained().through + 1)):
        nearest[0] = near(VPN, 0.98, *older)
        other = Memory(memory.vector, tuple(nearest), trained())
        chances = other.chances("toner jam", dict.fromkeys(WORDS, 0.0), [])
        assert chances is not None
        assert max(chances, key=chances.__getitem__) == PRINTER


def test_pairs_that_left_the_catalog_are_not_said() -> None:
    memory = Memory(vector(PRINTER, 505), (near(PRINTER),) * 5, trained())
    chances = memory.chances("toner jam", dict.fromkeys((VPN, MOUSE), 0.0), [])
    assert chances is not None
    assert set(chances) == {VPN, MOUSE}
    # What speaks for the pair that is gone is doubt about the others, not a share of theirs.
    assert sum(chances.values()) < 0.2
    assert memory.chances("toner jam", {("Only", "new"): 1.0}, []) is None


def test_what_nobody_judged_proves_nothing() -> None:
    """Learnt from, but neither tried nor counted: a classifier agrees with its own words."""
    examples = known(120)
    own = replace(examples, judged=np.arange(120) < 30)
    made = train(own)
    assert made.report["tried"] == len(made.trial.right) == 30
    nobody = train(replace(examples, judged=np.zeros(120, bool)))
    assert nobody.report["tried"] == 0
    assert Memory(vector(VPN, 1), (), nobody).threshold(0.9, VPN) is None
    assert Memory(vector(VPN, 1), (), made).threshold(0.9, VPN) is not None
    chances = nobody.chances("toner jam", vector(PRINTER, 500), [near(PRINTER)] * 5, {})
    assert max(chances, key=chances.__getitem__) == PRINTER


def test_what_is_tried_is_what_people_judged() -> None:
    """Whatever the others say: theirs would all be wrong here."""
    examples = known(240)
    turned = {PRINTER: VPN, VPN: MOUSE, MOUSE: PRINTER}
    doubtful = np.arange(240) % 7 == 0
    pairs = [turned[p] if odd else p for p, odd in zip(examples.pairs, doubtful, strict=True)]
    made = train(replace(examples, pairs=pairs, judged=~doubtful))
    assert made.report["tried"] == 205
    assert made.report["accuracy"] > 0.9


def test_no_more_is_learnt_from_than_there_is_time_for() -> None:
    examples = known(900)
    assert len(affordable_part(examples, 60).keys) == 900
    some = affordable_part(examples, 0.02)
    assert some.keys == examples.keys[: len(some.keys)]
    assert 0 < len(some.keys) < 900
    assert len(affordable_part(examples, -1).keys) == 0


def test_training_ends_in_time() -> None:
    hurried = train(known(120), seconds=0)
    assert hurried.report["tried"] == 120
    assert pack(hurried) != pack(trained())
    assert pack(train(known(120), seconds=3_600)) == pack(trained())


def test_without_a_classifier_only_near_tickets_count() -> None:
    said = {PRINTER: 0.6, VPN: 0.2, MOUSE: 0.1}
    far = Memory(vector(VPN, 1), (near(VPN, 0.3),)).move_to_nearest(said)
    assert far == pytest.approx(said)
    same = Memory(vector(VPN, 1), (near(VPN, 0.95), near(PRINTER, 0.5))).move_to_nearest(said)
    assert max(same, key=same.__getitem__) == VPN


def test_too_little_to_learn_from() -> None:
    assert is_learnable(known(FEWEST))
    assert not is_learnable(known(FEWEST - 1))
    one = known(60)
    assert not is_learnable(one.part(np.array([pair == VPN for pair in one.pairs])))


def test_what_drifts_is_tried_by_time() -> None:
    """F-G10: in the newest fifth, what was a VPN case is sorted elsewhere; hashes do not see that,
    and the bar is that of the trial by time."""
    examples = known(300)
    days = np.arange(300) * 86_400.0
    drifted = [
        MOUSE if number >= 240 and pair == VPN else pair
        for number, pair in enumerate(examples.pairs)
    ]
    made = train(replace(examples, pairs=drifted, happened=days))
    by_time = made.report["by_time"]
    assert (by_time["tried"], by_time["counts"]) == (60, True)
    assert by_time["since"] == "1970-08-29T00:00:00+00:00"
    assert by_time["accuracy"] < made.report["accuracy"] - 0.1
    assert len(made.trial.right) == 60
    steady = train(replace(examples, happened=days))
    assert (steady.report["by_time"]["counts"], len(steady.trial.right)) == (False, 300)


def test_without_dates_there_is_no_trial_by_time() -> None:
    """F-G10"""
    examples = known(120)
    some = np.where(np.arange(120) < 90, np.arange(120.0), np.nan)
    for happened in (None, some, np.zeros(120)):
        assert "by_time" not in train(replace(examples, happened=happened)).report


@pytest.mark.parametrize(("plenty", "parts"), [(8_000, 5), (60, 2), (80, 3)])
def test_every_example_is_predicted_by_others(
    monkeypatch: pytest.MonkeyPatch, plenty: int, parts: int
) -> None:
    """F-J7: in as few parts as leave plenty to learn from."""
    learnt_from: list[int] = []

    def counted(columns: Any, *rest: Any) -> Any:
        learnt_from.append(len(columns.words))
        return fit(columns, *rest)

    monkeypatch.setattr(training, "fit", counted)
    monkeypatch.setattr(training, "_PLENTY", plenty)
    out = predict_out_of_fold(known(120))
    assert learnt_from == [120 - 120 // parts] * 2 * parts
    assert (len(out.chances), len(out.near), len(out.trial.right)) == (120, 120, 120)
    said = [out.pairs[number] for number in out.chances.argmax(axis=1)]
    assert sum(a == b for a, b in zip(said, known(120).pairs, strict=True)) > 110
