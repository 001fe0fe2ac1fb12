"""Rewrites a safetensors file from 32 to 16 bits a number; used once, when the layer is built.

Standard library only, since the layer may be built for another platform than this one.
"""

import json
import struct
import sys
from pathlib import Path
from typing import Any


def halve(path: Path) -> None:
    """The same tensors in half the size; vectors change by less than 1e-3."""
    data = path.read_bytes()
    size = struct.unpack("<Q", data[:8])[0]
    header: dict[str, Any] = json.loads(data[8 : 8 + size])
    body = memoryview(data)[8 + size :]
    header.pop("__metadata__", None)
    halved, blocks, offset = {}, [], 0
    for name, tensor in header.items():
        if tensor["dtype"] != "F32":
            continue
        block = _half(body[slice(*tensor["data_offsets"])])
        end = offset + len(block)
        halved[name] = {"dtype": "F16", "shape": tensor["shape"], "data_offsets": [offset, end]}
        blocks.append(block)
        offset = end
    head = json.dumps(halved).encode()
    head += b" " * (-len(head) % 8)
    # A new file, never the old one overwritten: uv hard-links what it installs to its cache.
    rewritten = path.with_suffix(".half")
    rewritten.write_bytes(struct.pack("<Q", len(head)) + head + b"".join(blocks))
    rewritten.replace(path)


def _half(block: memoryview) -> bytes:
    numbers = block.cast("f")
    return struct.pack(f"<{len(numbers)}e", *numbers)


if __name__ == "__main__":
    halve(Path(sys.argv[1]))
