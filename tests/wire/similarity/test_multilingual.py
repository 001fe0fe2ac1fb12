"""The multilingual encoder: what means the same in two languages is near, and rows repeat."""

import numpy as np
import pytest

from deskhand.settings.embedder import MULTILINGUAL
from deskhand.similarity import built_in
from deskhand.similarity.adapters.multilingual import MAX_CHARACTERS
from tests.eval import languages

TEXTS = ["The printer shows a paper jam.", "", "???", "word " * 600, "a \ud800 b"]


def embed(texts: list[str]) -> built_in.Floats:
    return built_in.embed(MULTILINGUAL.name, texts)


def test_rows_have_unit_length_and_repeat() -> None:
    rows = embed(TEXTS)
    assert rows.shape == (len(TEXTS), MULTILINGUAL.dimensions)
    assert rows.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-6)
    alone = np.concatenate([embed([text]) for text in TEXTS])
    np.testing.assert_allclose(rows, alone, atol=1e-5)


def test_no_texts_are_no_rows() -> None:
    assert embed([]).shape == (0, MULTILINGUAL.dimensions)


def test_only_the_first_characters_count() -> None:
    start = "The printer is out of toner. " * 80
    assert len(start) > MAX_CHARACTERS
    np.testing.assert_array_equal(embed([start]), embed([f"{start}And a cat."]))


@pytest.mark.parametrize("language", languages.LANGUAGES)
def test_the_nearest_english_ticket_is_the_translated_one(language: str) -> None:
    english = embed([each.text.text for each in languages.tickets("en")])
    rows = embed([each.text.text for each in languages.tickets(language)])
    np.testing.assert_array_equal((rows @ english.T).argmax(axis=1), np.arange(len(english)))


def test_another_model_is_refused() -> None:
    with pytest.raises(ValueError, match="openai:m@4 is no built-in"):
        built_in.embed("openai:m@4", ["x"])
