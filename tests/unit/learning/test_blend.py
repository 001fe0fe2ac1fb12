"""Opinions weighed, and thresholds for a wanted precision."""

import numpy as np
import pytest

from deskhand.learning.blend import (
    PRIOR,
    Trial,
    blend_of,
    calibration,
    calibration_error,
    trial_of,
)

RNG = np.random.default_rng(0)


def opinion(labels: np.ndarray, right: float, sure: float) -> np.ndarray:
    """Two labels; right that often, always that sure."""
    said = np.where(RNG.random(len(labels)) < right, labels, 1 - labels)
    chances = np.full((len(labels), 2), 1 - sure, np.float32)
    chances[np.arange(len(labels)), said] = sure
    return chances


def test_an_opinion_that_is_right_more_often_weighs_more() -> None:
    labels = RNG.integers(0, 2, 2000)
    shares = blend_of([opinion(labels, r, 0.8) for r in (0.95, 0.6, 0.5, 0.5)], labels).shares
    assert shares[0] > 0.5 > max(shares[1:])
    assert sum(shares) == pytest.approx(1)


def test_an_opinion_that_is_mostly_wrong_does_no_harm() -> None:
    labels = RNG.integers(0, 2, 2000)
    opinions = [
        opinion(labels, r, sure) for r, sure in ((0.9, 0.6), (0.05, 0.9), (0.9, 0.6), (0.5, 0.6))
    ]
    blended = blend_of(opinions, labels)
    assert blended.shares[1] < PRIOR[1] / 10
    assert (blended(opinions).argmax(axis=1) == labels).mean() >= 0.89


def test_the_blend_states_what_comes_true() -> None:
    """Both too sure and too modest an opinion end up calibrated."""
    labels = RNG.integers(0, 2, 4000)
    for sure in (0.99, 0.6):
        opinions = [opinion(labels, 0.8, sure), *[np.full((4000, 2), 0.5, np.float32)] * 3]
        chances = blend_of(opinions, labels)(opinions)
        right = chances.argmax(axis=1) == labels
        stated = chances.max(axis=1)
        assert calibration_error(stated.tolist(), right.tolist()) < 0.03


def test_chances_add_up() -> None:
    labels = RNG.integers(0, 2, 50)
    opinions = [opinion(labels, 0.8, 1.0)] * 4
    chances = blend_of(opinions, labels)(opinions)
    np.testing.assert_allclose(chances.sum(axis=1), 1, rtol=1e-5)
    assert (chances > 0).all()


def test_with_few_tickets_the_prior_holds() -> None:
    labels = np.array([0, 1])
    opinions = [np.array([[0.9, 0.1], [0.1, 0.9]], np.float32)] * 4
    blended = blend_of(opinions, labels)
    np.testing.assert_allclose(blended.shares, np.array(PRIOR) / 10)
    assert blended.sharpness == pytest.approx(1, abs=0.3)


def test_a_threshold_lets_as_much_through_as_the_precision_allows() -> None:
    trial = Trial(np.linspace(1, 0, 100, dtype=np.float32), np.arange(100) < 90)
    threshold, coverage = trial.threshold(0.95)
    let_through = trial.confidence >= threshold
    assert let_through.mean() == coverage
    assert trial.right[let_through].mean() >= 0.95
    assert trial.threshold(0.5)[1] == 1
    assert coverage < trial.threshold(0.9)[1] < 1


def test_those_that_are_equally_sure_pass_together() -> None:
    right = np.arange(100) < 60
    trial = Trial(np.ones(100, np.float32), right)
    assert trial.threshold(0.95) == (1.01, 0.0)
    assert trial.threshold(0.5) == (1.0, 1.0)


def test_the_trial_knows_confidences_as_they_are_stated() -> None:
    chances = np.array([[0.77713, 0.22287], [0.99999, 0.00001]], np.float32)
    trial = trial_of(chances, np.array([0, 0]))
    assert trial.threshold(0.3) == (0.7771, 1.0)
    assert trial.confidence.max() == 1


def test_where_no_confidence_is_right_often_enough_nothing_is_let_through() -> None:
    trial = Trial(np.array([0.9, 0.8], np.float32), np.array([False, True]))
    assert trial.threshold(0.95) == (1.01, 0.0)
    assert Trial(np.empty(0, np.float32), np.empty(0, bool)).threshold(0.9) == (1.01, 0.0)


def test_calibration_by_tenths() -> None:
    parts = calibration([0.95, 1.0, 0.15], [True, False, False])
    assert [count for count, _, _ in parts] == [1, 2]
    np.testing.assert_allclose(parts, [(1, 0.15, 0), (2, 0.975, 0.5)])
    assert calibration_error([], []) == 0


def test_the_promise_holds_for_each_pair_of_which_enough_were_tried() -> None:
    """F-G9: a weak pair hides in the whole, and a seldom one is judged with the whole."""
    weak, strong, seldom = ("A", "weak"), ("A", "strong"), ("A", "seldom")
    said = np.repeat([0, 1, 2], [100, 300, 10])
    right = np.ones(410, bool)
    # Of the weak pair every fifth is wrong, but the surest half.
    right[50:100:5] = False
    right[400:] = False
    confidence = np.concatenate(
        [np.linspace(0.99, 0.6, 100).round(4), np.full(300, 0.9), np.full(10, 0.5)]
    )
    trial = Trial(confidence.astype(np.float32), right, said, (weak, strong, seldom))
    whole = trial.threshold(0.95)[0]
    assert trial.bar(0.95, weak) > whole
    assert trial.bar(0.95, seldom) == trial.bar(0.95, ("No", "such")) == whole
    through = (said == 0) & (confidence >= trial.bar(0.95, weak))
    assert right[through].mean() >= 0.95 > right[(said == 0) & (confidence >= whole)].mean()
    assert trial.of(weak).accuracy == 0.9
    assert trial.coverage(0.95) == pytest.approx((through.sum() + 300) / 410)


def test_the_last_opinion_weighs_no_more_than_its_limit() -> None:
    """The catalog's wording, where history knows better, though it is right more often here."""
    labels = RNG.integers(0, 2, 2000)
    opinions = [opinion(labels, right, 0.8) for right in (0.6, 0.6, 0.6, 0.95)]
    assert blend_of(opinions, labels).shares[3] > 0.3
    for tenths in (0, 2):
        shares = blend_of(opinions, labels, tenths).shares
        assert shares[3] == tenths / 10
        assert sum(shares) == pytest.approx(1)
