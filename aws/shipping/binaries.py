"""Whether every shared library of a build runs on Lambda: its machine and the libc it asks for."""

import re
from collections.abc import Iterator
from pathlib import Path

# Amazon Linux 2023, on which Lambda's python3.13 runs.
GLIBC = (2, 34)
# e_machine in the header of an ELF file.
_MACHINES = {0x3E: "x86_64", 0xB7: "arm64"}
_VERSION = re.compile(rb"GLIBC_(\d+)\.(\d+)")
UNPACKED_BYTES = 250 * 1024 * 1024


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


def size(folder: Path) -> int:
    """The bytes of all files below a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
