"""The public sets in `../shared/data`, or where EVAL_DATA says; their README describes them."""

import gzip
import hashlib
import json
import os
from pathlib import Path
from typing import Any

type Row = dict[str, Any]

FOLDER = Path(os.environ.get("EVAL_DATA") or "../shared/data")


class SetMissing(Exception):
    """A set is not there; the message says where it was looked for."""


def rows(name: str) -> list[Row]:
    """Every row of a set, in the order of the file; raises SetMissing."""
    path = FOLDER / f"{name}.jsonl.gz"
    if not path.exists():
        raise SetMissing(f"{path} is missing; EVAL_DATA names another folder")
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def held_out(every: list[Row], share: float) -> tuple[list[Row], list[Row]]:
    """The rows in two parts, by their ids alone: what is learnt from, and `share` to ask about."""
    return parted(every, 0, share)


def parted(every: list[Row], start: float, end: float) -> tuple[list[Row], list[Row]]:
    """The same for those between two places from 0 to 1."""
    asked = [row for row in every if start <= _place(row["id"]) < end]
    return [row for row in every if not start <= _place(row["id"]) < end], asked


def _place(identifier: str) -> float:
    """Between 0 and 1, the same on every machine and whatever the order of rows."""
    return int.from_bytes(hashlib.sha256(identifier.encode()).digest()[:8]) / 2**64
