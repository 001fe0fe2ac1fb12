"""A library that Lambda could not load is found before anything is deployed."""

import importlib.util
from pathlib import Path

import pytest

from shipping.binaries import UNPACKED_BYTES, misfits, oversized, sizes

INTEL, ARM = b"\x3e\x00", b"\xb7\x00"


def elf(machine: bytes = INTEL, *needs: str) -> bytes:
    """The parts of a library that are looked at."""
    versions = b"\0".join(b"GLIBC_" + each.encode() for each in needs)
    return b"\x7fELF\x02\x01\x01" + b"\0" * 9 + b"\x03\x00" + machine + b"\0" * 44 + versions


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (elf(INTEL, "2.2.5", "2.28", "2.34"), None),
        (elf(INTEL), None),
        (elf(INTEL, "2.17", "2.35"), "needs glibc 2.35; Lambda has 2.34"),
        (elf(INTEL, "2.4", "2.100"), "needs glibc 2.100"),
        (elf(ARM, "2.17"), "is for arm64, not for x86_64"),
        (elf(b"\x28\x00"), "is for another machine"),
        (b"\xcf\xfa\xed\xfe" + b"\0" * 40, "is no library for Linux"),
        (b"", "is no library for Linux"),
    ],
)
def test_each_library_is_looked_at(tmp_path: Path, content: bytes, why: str | None) -> None:
    """F-N2"""
    folder = tmp_path / "BaseLayer/python/psycopg_binary"
    folder.mkdir(parents=True)
    (folder / "pq.cpython-313-x86_64-linux-gnu.so").write_bytes(content)
    (folder / "libpq.so.5").write_bytes(elf())
    (folder / "notes.txt").write_bytes(b"no library")
    found = list(misfits(tmp_path))
    assert len(found) == (why is not None)
    for sentence in found:
        assert sentence.startswith("BaseLayer/python/psycopg_binary/pq.")
        assert str(why) in sentence


def test_a_real_wheel_for_linux_is_a_library(tmp_path: Path) -> None:
    spec = importlib.util.find_spec("pydantic_core._pydantic_core")
    if spec is None or not spec.origin or not spec.origin.endswith(".so"):
        pytest.skip("this machine's wheels are no ELF files")
    (tmp_path / "core.so").write_bytes(Path(spec.origin).read_bytes())
    assert not any("no library" in each for each in misfits(tmp_path))


BUILT = """
Globals: {Function: {Layers: [{Ref: Deskhand}]}}
Resources:
  Deskhand: {Type: "AWS::Serverless::LayerVersion", Properties: {ContentUri: Deskhand}}
  Large: {Type: "AWS::Serverless::LayerVersion", Properties: {ContentUri: Large}}
  One: {Type: "AWS::Serverless::Function", Properties: {CodeUri: One}}
  Other: {Type: "AWS::Serverless::Function", Properties: {CodeUri: Other, Layers: [{Ref: Large}]}}
  Topic: {Type: "AWS::SNS::Topic"}
"""


def test_a_function_is_as_large_as_it_is_with_its_layers(tmp_path: Path) -> None:
    """F-N2"""
    (tmp_path / "template.yaml").write_text(BUILT)
    for name, size in {"Deskhand": 5, "Large": UNPACKED_BYTES - 12, "One": 7, "Other": 7}.items():
        (tmp_path / name / "python").mkdir(parents=True)
        with (tmp_path / name / "python/file").open("wb") as file:
            file.truncate(size)
    assert sizes(tmp_path) == {"One": 12, "Other": UNPACKED_BYTES}
    assert list(oversized(tmp_path)) == []
    (tmp_path / "Other/handler.py").write_text("#")
    [told] = oversized(tmp_path)
    assert told == "Other has 250.0 MiB with its layers; Lambda unpacks 250"
