"""Whether a build runs on Lambda: each library's machine and libc, and each function's size."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from embedded import cloudformation

# Amazon Linux 2023, on which Lambda's python3.13 runs.
GLIBC = (2, 34)
# e_machine in the header of an ELF file.
_MACHINES = {0x3E: "x86_64", 0xB7: "arm64"}
_VERSION = re.compile(rb"GLIBC_(\d+)\.(\d+)")
_MIB = 1024 * 1024
# Of a function with its layers, unpacked.
UNPACKED_BYTES = 250 * _MIB


def misfits(build: Path, machine: str = "x86_64") -> Iterator[str]:
    """A sentence for each library below `build` that Lambda could not load."""
    libraries = [path for path in build.rglob("*") if ".so" in path.suffixes and path.is_file()]
    for path in sorted(libraries):
        if why := _misfit(path.read_bytes(), machine):
            yield f"{path.relative_to(build)} {why}"


def _misfit(content: bytes, machine: str) -> str:
    if content[:4] != b"\x7fELF":
        return "is no library for Linux"
    is_for = _MACHINES.get(int.from_bytes(content[18:20], "little"), "another machine")
    if is_for != machine:
        return f"is for {is_for}, not for {machine}"
    newest = max(((int(a), int(b)) for a, b in _VERSION.findall(content)), default=(0, 0))
    if newest > GLIBC:
        return f"needs glibc {newest[0]}.{newest[1]}; Lambda has {GLIBC[0]}.{GLIBC[1]}"
    return ""


def oversized(build: Path) -> Iterator[str]:
    """A sentence for each function below `build` that is larger than Lambda unpacks."""
    for name, size in sizes(build).items():
        if size > UNPACKED_BYTES:
            yield f"{name} has {size / _MIB:.1f} MiB with its layers; Lambda unpacks 250"


def sizes(build: Path) -> dict[str, int]:
    """The bytes of each function with its layers, as SAM has built them."""
    template = cloudformation.read(build / "template.yaml")
    of_all = template["Globals"]["Function"]["Layers"]
    resources = template["Resources"]
    unpacked = {
        name: _size(
            build / str(each["Properties"].get("CodeUri") or each["Properties"]["ContentUri"])
        )
        for name, each in resources.items()
        if each["Type"] in ("AWS::Serverless::Function", "AWS::Serverless::LayerVersion")
    }
    return {
        name: unpacked[name] + sum(unpacked[layer] for layer in _layers(of_all, each))
        for name, each in resources.items()
        if each["Type"] == "AWS::Serverless::Function"
    }


def _layers(of_all: list[dict[str, str]], function: dict[str, Any]) -> list[str]:
    return [each["Ref"] for each in (*of_all, *function["Properties"].get("Layers", ()))]


def _size(folder: Path) -> int:
    """The bytes of all files below a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
