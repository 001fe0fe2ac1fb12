"""A table as it was read: its header, and its records one at a time."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

# A cell as text, as the real date of a spreadsheet, or the list of a column that has its name
# several times.
type Cell = str | datetime
type Value = Cell | list[Cell]

# The longest field and the widest header that are read.
MAX_FIELD = 10 * 1024 * 1024
MAX_COLUMNS = 16_384


class Unreadable(Exception):
    """The file as a whole cannot be read; the message says why and, where it helps, what to do."""


@dataclass(frozen=True, slots=True)
class Record:
    """The filled cells of a record by column, or the `fault` that made it unreadable.

    `place` is the line, row or element at which it begins.
    """

    place: int
    values: dict[str, Value] = field(default_factory=dict)
    fault: str = ""


@dataclass
class Counts:
    """What is known of the records only after they were read."""

    wider: int = 0


@dataclass(frozen=True)
class Table:
    """A header and its records. `unit` is what a record's place counts; `notes` are for people."""

    form: Literal["csv", "json", "xlsx", "xls", "ods"]
    header: tuple[str, ...]
    records: Iterator[Record]
    unit: Literal["line", "row", "element"]
    notes: tuple[str, ...]
    counts: Counts


class Header:
    """The columns of a table. A name that repeats collects its cells into a list; a column
    without a printable name is left out."""

    def __init__(self, cells: Sequence[str]) -> None:
        if len(cells) > MAX_COLUMNS:
            raise Unreadable(f"the header has more than {MAX_COLUMNS:,} columns")
        self._names = [_name(cell) for cell in cells]
        self.names = tuple(dict.fromkeys(name for name in self._names if name))
        if not self.names:
            raise Unreadable("the first line names no columns")
        named = [name for name in self._names if name]
        self._repeated = (
            {name for name in self.names if named.count(name) > 1}
            if len(named) > len(self.names)
            else set()
        )

    def values(self, cells: Sequence[Cell]) -> dict[str, Value]:
        """The filled cells under their columns; cells beyond the header are left out."""
        found: dict[str, Value] = {}
        for name, cell in zip(self._names, cells, strict=False):
            if not name or cell == "":
                continue
            if name in self._repeated:
                collected = found.setdefault(name, [])
                assert isinstance(collected, list)  # noqa: S101 - only lists are put there
                collected.append(cell)
            else:
                found[name] = cell
        return found

    def is_wider(self, cells: Sequence[Cell]) -> bool:
        """Whether a cell beyond the header is filled."""
        return any(cell != "" for cell in cells[len(self._names) :])


def records_of(
    header: Header, rows: Iterable[tuple[int, Sequence[Cell] | str]], counts: Counts
) -> Iterator[Record]:
    """A record for each row that is not blank; a text in place of the cells is a fault."""
    for place, cells in rows:
        if isinstance(cells, str):
            yield Record(place, fault=cells)
        elif values := header.values(cells):
            counts.wider += header.is_wider(cells)
            yield Record(place, values)


def _name(cell: str) -> str:
    name = " ".join(cell.split())
    return name if name.isprintable() else ""
