"""The embedding: the published model's own function but for rounding, and repeatable."""

import math
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from deskhand.catalog.parse import parse_catalog
from deskhand.catalog.phrases import embed_phrases, matrix
from deskhand.settings.embedder import EMBEDDED
from deskhand.similarity.adapters import minilm
from deskhand.similarity.adapters.minilm import DIMENSIONS, MAX_TOKENS, embed
from deskhand.similarity.built_in import direction
from deskhand.ticket import TicketText
from layers.embedding import quantise

TEXTS = [
    "My laptop does not start.",
    "The notebook will not boot.",
    "I would like to have a refund for my order.",
    "",
    "???",
    "Ich habe mein Passwort vergessen",
    "word " * 600,
    "x",
]


def test_rows_have_unit_length() -> None:
    rows = embed(TEXTS)
    assert rows.shape == (len(TEXTS), DIMENSIONS)
    assert rows.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-6)


def test_no_texts_are_no_rows() -> None:
    assert embed([]).shape == (0, DIMENSIONS)


def test_a_batch_equals_one_by_one() -> None:
    alone = np.concatenate([embed([text]) for text in TEXTS])
    np.testing.assert_array_equal(embed(TEXTS), alone)
    np.testing.assert_array_equal(embed(TEXTS), embed(TEXTS))


def test_near_in_meaning_is_near() -> None:
    rows = embed(TEXTS[:3])
    cosines = rows @ rows.T
    assert cosines[0, 1] > 0.6
    assert cosines[0, 2] < 0.3


def test_only_the_first_tokens_count() -> None:
    start = "The printer is out of toner. " * 60
    np.testing.assert_allclose(embed([start]), embed([start + "And a cat."]), atol=1e-6)


def test_a_lone_surrogate_is_no_error() -> None:
    assert np.isfinite(embed(["a \ud800 b"])).all()


def test_it_is_near_to_the_published_model() -> None:
    """The model card's two sentences and what sentence-transformers makes of them."""
    rows = embed(["This is an example sentence", "Each sentence is converted"])
    np.testing.assert_allclose(rows[0, :4], [0.0676569, 0.0634959, 0.0487131, 0.0793050], atol=0.03)
    np.testing.assert_allclose(rows[1, :4], [0.0864386, 0.1027626, 0.0053946, 0.0020444], atol=0.03)


@pytest.mark.parametrize("text", [text for text in TEXTS if len(text) < 1000])
def test_rounding_turns_vectors_by_little(text: str) -> None:
    """Against BERT as its paper has it, with the published weights."""
    weights = quantise._read(minilm._folder() / "model.safetensors")
    ids = minilm._model().tokenizer.encode(text).ids
    assert len(ids) < MAX_TOKENS
    assert embed([text])[0] @ plain(weights, ids) > 0.97


def plain(weights: dict[str, NDArray[np.float32]], ids: list[int]) -> NDArray[np.float64]:
    """BERT as its paper has it: one head after the other, double precision, erf of the library."""
    w = {name: tensor.astype(np.float64) for name, tensor in weights.items() if "word" not in name}

    def linear(x: NDArray[np.float64], name: str) -> NDArray[np.float64]:
        return x @ w[f"{name}.weight"].T + w[f"{name}.bias"]

    def norm(x: NDArray[np.float64], name: str) -> NDArray[np.float64]:
        unit = (x - x.mean(1, keepdims=True)) / np.sqrt(x.var(1, keepdims=True) + 1e-12)
        return unit * w[f"{name}.weight"] + w[f"{name}.bias"]

    gelu = np.vectorize(lambda v: v * 0.5 * (1 + math.erf(v / math.sqrt(2))))
    e = "embeddings"
    x = weights[f"{e}.word_embeddings.weight"][ids].astype(np.float64)
    x = x + w[f"{e}.position_embeddings.weight"][: len(ids)]
    x = norm(x + w[f"{e}.token_type_embeddings.weight"][0], f"{e}.LayerNorm")
    for n in range(6):
        name = f"encoder.layer.{n}"
        q, k, v = (linear(x, f"{name}.attention.self.{p}") for p in ("query", "key", "value"))
        heads = []
        for start, end in pairwise(range(0, 385, 32)):
            scores = np.exp(q[:, start:end] @ k[:, start:end].T / math.sqrt(32))
            heads.append(scores / scores.sum(1, keepdims=True) @ v[:, start:end])
        seen = linear(np.concatenate(heads, 1), f"{name}.attention.output.dense")
        x = norm(x + seen, f"{name}.attention.output.LayerNorm")
        inner = linear(gelu(linear(x, f"{name}.intermediate.dense")), f"{name}.output.dense")
        x = norm(x + inner, f"{name}.output.LayerNorm")
    mean: NDArray[np.float64] = x.mean(0)
    return mean / float(np.linalg.norm(mean))


def test_phrases_keep_their_vectors() -> None:
    catalog = parse_catalog({"service_catalog": {"catalog": {"categories": ["Hardware", "HR"]}}})
    phrases = embed_phrases(catalog)
    assert [phrase.text for phrase in phrases.items] == ["Hardware", "HR"]
    np.testing.assert_array_equal(matrix(phrases), embed(["Hardware", "HR"]))


def test_missing_weights_say_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(minilm.WeightsMissing):
        minilm._folder()


def test_the_quantised_model_is_made_alike_each_time(tmp_path: Path) -> None:
    """The embedding layer makes it where it is built."""
    folder = minilm._folder()
    (tmp_path / "model.safetensors").symlink_to(folder / "model.safetensors")
    quantise.quantise(tmp_path)
    assert (tmp_path / "model.onnx").read_bytes() == (folder / "model.onnx").read_bytes()


def test_a_ticket_points_where_text_and_subject_do() -> None:
    text = TicketText("Printer", "It shows a paper jam.")
    both = embed([text.text, text.subject]).sum(axis=0)
    alone = TicketText("It shows", "It shows a paper jam.")
    rows = direction(EMBEDDED.name, [text, alone, TicketText("", "")])
    np.testing.assert_allclose(rows[0], both / np.linalg.norm(both), atol=1e-6)
    # A subject that only repeats the body's start says nothing more.
    np.testing.assert_allclose(rows[1], embed([alone.body])[0], atol=1e-6)
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-6)
    assert direction(EMBEDDED.name, []).shape == (0, DIMENSIONS)
