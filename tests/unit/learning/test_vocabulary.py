"""Texts as sparse rows."""

import numpy as np

from deskhand.learning.vocabulary import Vocabulary

TEXTS = ["The printer jams", "the PRINTER is empty", "A mouse, a keyboard"]


def test_only_terms_of_several_texts_count() -> None:
    vocabulary = Vocabulary.of(TEXTS)
    assert set(vocabulary.terms) == {"the", "printer", "the printer"}


def test_rarer_terms_weigh_more_and_rows_have_unit_length() -> None:
    vocabulary = Vocabulary.of(["common rare", "common rare", "common", "common"])
    rows = vocabulary.rows(["common rare", "nothing known", ""])
    first = dict(zip(rows.terms[: rows.starts[1] - 1], rows.values, strict=False))
    assert first[vocabulary.terms["rare"]] > first[vocabulary.terms["common"]]
    np.testing.assert_allclose(np.linalg.norm(rows.values[: rows.starts[1] - 1]), 1, atol=1e-6)
    # The constant column alone is left where nothing is known.
    assert rows.starts.tolist()[1:] == [4, 5, 6]
    assert rows.terms[rows.starts[1] :].tolist() == [vocabulary.width - 1] * 2


def test_the_most_frequent_terms_stay_and_ties_are_alphabetical() -> None:
    texts = ["bb aa cc"] * 2 + ["cc"]
    assert list(Vocabulary.of(texts, at_most=2).terms) == ["cc", "aa"]
    assert Vocabulary.of(texts).terms == Vocabulary.of(texts[::-1]).terms


def test_keys_and_dumps_are_no_words_and_long_texts_end() -> None:
    dump = "f" * 61
    vocabulary = Vocabulary.of([f"screen {dump} black"] * 2)
    assert set(vocabulary.terms) == {"screen", "black", "screen black"}
    long = Vocabulary.of(["screen " * 2000 + "black"] * 2)
    assert "screen screen" in long.terms
    assert "black" not in long.terms
