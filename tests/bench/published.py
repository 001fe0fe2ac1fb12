"""The embedding model with its published weights: what rounding them costs and buys."""

import tempfile
from pathlib import Path

import numpy as np

from deskhand.similarity.adapters import minilm
from deskhand.similarity.adapters.minilm import Floats, MiniLM
from layers.embedding import quantise


class _Exact(quantise._Graph):
    """The same encoder with 32-bit weights."""

    def _words(self) -> str:
        words = self._weights["embeddings.word_embeddings.weight"]
        return self._node("Gather", [self._constant("words", words), "ids"], "word")

    def _product(self, x: str, name: str, weight: Floats, bias: Floats | None = None) -> str:
        turned = self._constant(f"{name}.weight", np.ascontiguousarray(weight.T))
        product = self._node("MatMul", [x, turned], f"{name}.product")
        if bias is None:
            return product
        return self._node("Add", [product, self._constant(f"{name}.bias", bias)], f"{name}.sum")


def published() -> MiniLM:
    """The encoder as it was published, by the same onnxruntime."""
    folder = minilm._folder()
    graph = _Exact(quantise._read(folder / "model.safetensors"))
    graph.encoder()
    with tempfile.TemporaryDirectory() as made:
        place = Path(made)
        (place / "model.onnx").write_bytes(graph.model())
        (place / "tokenizer.json").symlink_to(folder / "tokenizer.json")
        return MiniLM(place)
