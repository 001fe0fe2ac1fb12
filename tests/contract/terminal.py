"""The workflow drawn with characters, for a terminal of 80 columns: `make diagram` prints it."""

from collections.abc import Iterator
from itertools import zip_longest
from typing import Any

from tests.contract.diagram import Edge, States, edges

WIDTH = 80
_MIDDLE = 24
_GAP = "   "

type Block = list[str]


def drawn(definition: dict[str, Any]) -> str:
    """The way of a ticket downwards; where another way leads, its end is named beside the state."""
    states: States = definition["States"]
    names = list(states)
    lines: list[str] = []
    for place, (name, state) in enumerate(states.items()):
        below = names[place + 1] if place + 1 < len(names) else ""
        ways = [edge for edge in edges({name: state})]
        down = next((edge for edge in ways if edge.end == below and not edge.dashed), None)
        aside = [edge for edge in ways if edge is not down]
        block = _parallel(name, state["Branches"]) if "Branches" in state else _box(name, state)
        lines += _beside(block, [_said(edge) for edge in aside])
        lines += _arrow(down) if down else [""] * (place + 1 < len(names))
    return "\n".join(line.rstrip() for line in lines)


def _said(edge: Edge) -> str:
    return f"{f'{edge.label} ' if edge.label else ''}{'╌╌▷' if edge.dashed else '──▶'} {edge.end}"


def _box(name: str, state: dict[str, Any]) -> Block:
    """A state as a box: choices have a question mark, ends round corners."""
    label = f" {name}{'?' if state['Type'] == 'Choice' else ''} "
    corners = "┌┐└┘" if state["Type"] == "Task" else "╭╮╰╯"
    line = "─" * len(label)
    return [f"{corners[0]}{line}{corners[1]}", f"│{label}│", f"{corners[2]}{line}{corners[3]}"]


def _parallel(name: str, branches: list[dict[str, Any]]) -> Block:
    """The branches beside each other in a frame."""
    columns = [_branch(branch["States"]) for branch in branches]
    height = max(map(len, columns))
    filled = [_padded(column, height) for column in columns]
    inner = [_GAP.join(parts) for parts in zip(*filled, strict=True)]
    title = f"═ {name}: side by side "
    width = max(len(title), len(inner[0]) + 2)
    return [
        f"╔{title:═<{width}}╗",
        *(f"║ {line:<{width - 2}} ║" for line in inner),
        f"╚{'═' * width}╝",
    ]


def _branch(states: States) -> Block:
    lines: list[str] = []
    for name, state in states.items():
        lines += _box(name, state)
        # What a branch does instead is drawn below the state that it stands in for.
        lines += [f"  ╎ {edge.label}" for edge in edges({name: state})]
    return lines


def _padded(column: Block, height: int) -> Block:
    width = max(map(len, column))
    return [line.ljust(width) for line in [*column, *[""] * (height - len(column))]]


def _beside(block: Block, notes: list[str]) -> Iterator[str]:
    """The block around the middle, with the notes at its right or, without room there, below it."""
    width = max(map(len, block))
    indent = " " * max(0, _MIDDLE - width // 2)
    fit = len(indent) + width + 2 + max(map(len, notes), default=0) <= WIDTH
    rows = _padded(block, max(len(block), len(notes) + 1))
    for row, note in zip_longest(rows, ["", *notes] if fit else [], fillvalue=""):
        yield f"{indent}{row}  {note}"
    yield from () if fit else (f"{indent}  {note}" for note in notes)


def _arrow(edge: Edge) -> list[str]:
    return [" " * _MIDDLE + f"│ {edge.label}".rstrip(), " " * _MIDDLE + "▼"]
