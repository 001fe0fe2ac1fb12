"""Logistic regression against gradients by hand and a problem with a known answer."""

import numpy as np
import pytest

from deskhand.learning import regression
from deskhand.learning.regression import SparseColumns, fit, scores, softmax
from deskhand.learning.vocabulary import Vocabulary

TEXTS = [f"printer paper {word}" for word in "abcd"] + [f"vpn tunnel {word}" for word in "abcd"]
LABELS = np.array([0] * 4 + [1] * 4)


def test_scores_equal_the_dense_product(monkeypatch: pytest.MonkeyPatch) -> None:
    vocabulary = Vocabulary.of(TEXTS)
    rows = vocabulary.rows([*TEXTS, ""])
    dense = np.random.default_rng(1).normal(size=(9, 3)).astype(np.float32)
    weights = np.random.default_rng(2).normal(size=(vocabulary.width + 3, 4)).astype(np.float32)
    matrix = np.zeros((9, vocabulary.width), np.float32)
    for number in range(9):
        part = slice(rows.starts[number], rows.starts[number + 1])
        matrix[number, rows.terms[part]] = rows.values[part]
    wanted = np.hstack([matrix, dense]) @ weights
    for block in (1, 7, 1 << 20):
        monkeypatch.setattr(regression, "_BLOCK", block)
        np.testing.assert_allclose(scores(SparseColumns(rows, dense), weights), wanted, atol=1e-5)


def test_it_ends_where_the_slope_is_zero() -> None:
    vocabulary = Vocabulary.of(TEXTS)
    columns = SparseColumns(vocabulary.rows(TEXTS))
    best = fit(columns, vocabulary.width, LABELS, 2, strength=1.0)

    def loss(weights: np.ndarray) -> float:
        chances = softmax(scores(columns, weights))[np.arange(8), LABELS]
        return float(-np.log(chances).mean() + (weights**2).sum() / (2 * 8))

    rng = np.random.default_rng(3)
    for _ in range(20):
        nudge = rng.normal(size=best.shape).astype(np.float32)
        assert loss(best) <= loss(best + 0.01 * nudge)
        assert loss(best) <= loss(best - 0.01 * nudge)


def test_dense_columns_tell_apart_what_words_do_not() -> None:
    vocabulary = Vocabulary.of(["same words"] * 8)
    rows = vocabulary.rows(["same words"] * 8)
    dense = np.where(LABELS[:, None] == 1, 1, -1).astype(np.float32)
    both = SparseColumns(rows, dense)
    chances = softmax(scores(both, fit(both, vocabulary.width, LABELS, 2, 10.0)))
    assert (chances.argmax(axis=1) == LABELS).all()
    words = softmax(
        scores(SparseColumns(rows), fit(SparseColumns(rows), vocabulary.width, LABELS, 2, 10.0))
    )
    np.testing.assert_allclose(words, 0.5, atol=1e-3)


def test_many_labels_are_learnt_as_few_are() -> None:
    """The slope is steep in many directions at first, so the first step is a short one."""
    texts = [
        f"thing{n % 300} " + " ".join(f"w{n * k % 997}" for k in range(40)) for n in range(600)
    ]
    labels = np.arange(600) % 300
    vocabulary = Vocabulary.of(texts)
    rows = SparseColumns(vocabulary.rows(texts))
    chances = softmax(scores(rows, fit(rows, vocabulary.width, labels, 300, 10.0)))
    assert (chances.argmax(axis=1) == labels).all()
    assert chances[np.arange(600), labels].mean() > 0.3


def test_what_was_found_until_the_end_is_kept() -> None:
    vocabulary = Vocabulary.of(TEXTS)
    rows = SparseColumns(vocabulary.rows(TEXTS))
    hurried = fit(rows, vocabulary.width, LABELS, 2, 1.0, ends=0.0)
    best = fit(rows, vocabulary.width, LABELS, 2, 1.0)
    assert (softmax(scores(rows, hurried)).argmax(axis=1) == LABELS).all()
    assert 0 < np.abs(hurried).sum() < np.abs(best).sum()


def test_progress_ends_at_one() -> None:
    vocabulary = Vocabulary.of(TEXTS)
    seen: list[float] = []
    fit(SparseColumns(vocabulary.rows(TEXTS)), vocabulary.width, LABELS, 2, 10.0, seen.append)
    assert seen == sorted(seen)
    assert seen[-1] == 1
