"""Makes `model.onnx` of a folder's `model.safetensors`: the same encoder with integer weights.

Used once, where the package is installed. Weights are rounded for each output on its own, and to 7
bits: products of 8 bits may overflow on processors without VNNI, and a text's vector would depend
on the machine. ONNX is written by hand, since its package is larger than everything else here.
"""

import json
import struct
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

type Floats = NDArray[np.float32]

_LAYERS, _HEADS, _TOKENS, _WIDTH = 6, 12, 256, 384
_LARGEST = 63
_OPSET, _IR_VERSION = 18, 9
_FLOAT, _INT64 = 1, 7
_TYPES = {"float32": _FLOAT, "int8": 3, "int64": _INT64}
_OURS, _EXTENDED = "", "com.microsoft"
_EPSILON = 1e-12


def quantise(folder: Path) -> None:
    """Writes `model.onnx` beside the weights; token ids [1, n] in, the mean [1, 384] out."""
    graph = _Graph(_read(folder / "model.safetensors"))
    graph.encoder()
    made = folder / "model.onnx.new"
    made.write_bytes(graph.model())
    made.replace(folder / "model.onnx")


class _Graph:
    """Nodes and constants in the order in which they are used."""

    def __init__(self, weights: dict[str, Floats]) -> None:
        self._weights = weights
        self._nodes: list[bytes] = []
        self._constants: list[bytes] = []

    def encoder(self) -> None:
        """BERT as its paper has it, and the mean over the tokens."""
        x = self._embedded()
        for number in range(_LAYERS):
            x = self._layer(x, f"encoder.layer.{number}")
        axis = self._constant("axis", np.array([1], np.int64))
        self._node("ReduceMean", [x, axis], "mean", keepdims=0)

    def model(self) -> bytes:
        """The whole file."""
        graph = [_field(1, node) for node in self._nodes]
        graph.append(_field(2, b"minilm"))
        graph += [_field(5, constant) for constant in self._constants]
        graph.append(_field(11, _value("ids", _INT64, [1, "tokens"])))
        graph.append(_field(12, _value("mean", _FLOAT, [1, _WIDTH])))
        opsets = [(_OURS, _OPSET), (_EXTENDED, 1)]
        imports = [_field(8, _field(1, d.encode()) + _number(2, v)) for d, v in opsets]
        return _number(1, _IR_VERSION) + b"".join(imports) + _field(7, b"".join(graph))

    def _embedded(self) -> str:
        word = self._words()
        places = self._weights["embeddings.position_embeddings.weight"][:_TOKENS]
        self._constant(
            "places", places + self._weights["embeddings.token_type_embeddings.weight"][0]
        )
        self._constant("zero", np.array([0], np.int64))
        length = self._node("Shape", ["ids"], "length", start=1, end=2)
        place = self._node("Slice", ["places", "zero", length], "place")
        x = self._node("Add", [word, place], "placed")
        norm = self._norm("embeddings.LayerNorm")
        return self._node("LayerNormalization", [x, *norm], "embedded", axis=-1, epsilon=_EPSILON)

    def _words(self) -> str:
        words = self._weights["embeddings.word_embeddings.weight"]
        rounded, scale = _rounded(words.T, 127)
        self._constant("words", np.ascontiguousarray(rounded.T))
        self._constant("words.scale", scale[:, None])
        raw = self._node("Gather", ["words", "ids"], "raw")
        raw = self._node("Cast", [raw], "raw.float", to=_FLOAT)
        scales = self._node("Gather", ["words.scale", "ids"], "scales")
        return self._node("Mul", [raw, scales], "word")

    def _layer(self, x: str, name: str) -> str:
        heads = [f"{name}.attention.self.{part}" for part in ("query", "key", "value")]
        side_by_side = np.concatenate([self._weights[f"{head}.weight"] for head in heads])
        bias = np.concatenate([self._weights[f"{head}.bias"] for head in heads])
        qkv = self._product(x, f"{name}.qkv", side_by_side, bias)
        parts = [f"{name}.{part}" for part in "qkv"]
        self._node("Split", [qkv], *parts, axis=-1, num_outputs=3)
        seen = self._node(
            "MultiHeadAttention", parts, f"{name}.seen", domain=_EXTENDED, num_heads=_HEADS
        )
        x = self._added(seen, x, f"{name}.attention.output")
        inner = self._product(x, f"{name}.up", self._weights[f"{name}.intermediate.dense.weight"])
        bias = self._weights[f"{name}.intermediate.dense.bias"]
        bent = [inner, self._constant(f"{name}.up.bias", bias)]
        inner = self._node("BiasGelu", bent, f"{name}.bent", domain=_EXTENDED)
        return self._added(inner, x, f"{name}.output")

    def _added(self, x: str, skipped: str, name: str) -> str:
        y = self._product(x, name, self._weights[f"{name}.dense.weight"])
        bias = self._constant(f"{name}.bias", self._weights[f"{name}.dense.bias"])
        inputs = [y, skipped, *self._norm(f"{name}.LayerNorm"), bias]
        return self._node(
            "SkipLayerNormalization", inputs, f"{name}.normed", domain=_EXTENDED, epsilon=_EPSILON
        )

    def _product(self, x: str, name: str, weight: Floats, bias: Floats | None = None) -> str:
        rounded, scale = _rounded(weight.T, _LARGEST)
        inputs = [
            x,
            self._constant(f"{name}.weight", rounded),
            self._constant(f"{name}.scale", scale),
        ]
        if bias is not None:
            inputs += ["", self._constant(f"{name}.bias", bias)]
        return self._node("DynamicQuantizeMatMul", inputs, f"{name}.product", domain=_EXTENDED)

    def _norm(self, name: str) -> list[str]:
        parts = (f"{name}.weight", f"{name}.bias")
        return [self._constant(part, self._weights[part]) for part in parts]

    def _constant(self, name: str, value: NDArray[Any]) -> str:
        dims = b"".join(_number(1, size) for size in value.shape)
        kind = _number(2, _TYPES[value.dtype.name])
        content = np.ascontiguousarray(value).tobytes()
        self._constants.append(dims + kind + _field(8, name.encode()) + _field(9, content))
        return name

    def _node(
        self,
        kind: str,
        inputs: Sequence[str],
        *outputs: str,
        domain: str = _OURS,
        **attributes: float,
    ) -> str:
        parts = [_field(1, name.encode()) for name in inputs]
        parts += [_field(2, name.encode()) for name in outputs]
        parts += [_field(4, kind.encode())]
        parts += [_field(5, _attribute(name, value)) for name, value in attributes.items()]
        self._nodes.append(b"".join(parts) + _field(7, domain.encode()))
        return outputs[0]


def _rounded(weight: Floats, largest: int) -> tuple[NDArray[np.int8], Floats]:
    """The matrix in whole numbers, and what each column's have to be multiplied by."""
    scale = np.maximum(np.abs(weight).max(axis=0) / largest, np.float32(1e-9))
    return np.round(weight / scale).astype(np.int8), scale.astype(np.float32)


def _read(path: Path) -> dict[str, Floats]:
    """The 32-bit tensors of a safetensors file."""
    data = path.read_bytes()
    size = struct.unpack("<Q", data[:8])[0]
    header: dict[str, Any] = json.loads(data[8 : 8 + size])
    body = data[8 + size :]
    return {
        name: np.frombuffer(body[slice(*tensor["data_offsets"])], "<f4").reshape(tensor["shape"])
        for name, tensor in header.items()
        if tensor.get("dtype") == "F32"
    }


# Protocol buffers, as far as ONNX needs them.
def _varint(number: int) -> bytes:
    number &= (1 << 64) - 1
    made = bytearray()
    while number > 0x7F:
        made.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*made, number])


def _number(tag: int, number: int) -> bytes:
    return _varint(tag << 3) + _varint(number)


def _field(tag: int, content: bytes) -> bytes:
    return _varint(tag << 3 | 2) + _varint(len(content)) + content


def _attribute(name: str, value: float) -> bytes:
    if isinstance(value, int):
        return _field(1, name.encode()) + _number(3, value) + _number(20, 2)
    return (
        _field(1, name.encode()) + _varint(2 << 3 | 5) + struct.pack("<f", value) + _number(20, 1)
    )


def _value(name: str, kind: int, sizes: Iterable[int | str]) -> bytes:
    dims = b"".join(
        _field(1, _number(1, size) if isinstance(size, int) else _field(2, size.encode()))
        for size in sizes
    )
    tensor = _number(1, kind) + _field(2, dims)
    return _field(1, name.encode()) + _field(2, _field(1, tensor))


if __name__ == "__main__":
    quantise(Path(sys.argv[1]))
