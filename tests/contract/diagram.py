"""The workflow drawn from its definition, as Mermaid and as SVG: `make diagram` writes both.

It also prints what `tests.contract.terminal` draws.
"""

import json
import textwrap
from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import Any, NamedTuple

MACHINE, README = Path("statemachine/triage.asl.json"), Path("README.md")
SVG = Path("statemachine/triage.svg")
_START, _END = "<!-- workflow -->\n", "<!-- /workflow -->"
_SHAPES = {"Choice": "{{{0}?}}", "Fail": "([{0}])", "Pass": "({0})"}

type States = dict[str, dict[str, Any]]


class Edge(NamedTuple):
    """From one state to another; `label` says when, and an error's way is `dashed`."""

    start: str
    end: str
    label: str = ""
    dashed: bool = False


def machine() -> dict[str, Any]:
    """The definition without the states that only note which step has failed."""
    read: dict[str, Any] = json.loads(MACHINE.read_text())
    states: States = read["States"]
    notes = {name: state["Next"] for name, state in states.items() if "Result" in state}
    for state in states.values():
        for catch in state.get("Catch", []):
            catch["Next"] = notes.get(catch["Next"], catch["Next"])
    return {**read, "States": {n: state for n, state in states.items() if n not in notes}}


def edges(states: States) -> Iterator[Edge]:
    """Every way between these states."""
    for name, state in states.items():
        for choice in state.get("Choices", []):
            yield Edge(name, choice["Next"], "yes")
        for word in ("Default", "Next"):
            if word in state:
                yield Edge(name, state[word], "no" if word == "Default" else "")
        for catch in state.get("Catch", []):
            yield Edge(name, catch["Next"], "error", dashed=True)


def mermaid(definition: dict[str, Any]) -> str:
    """The workflow as a Mermaid flowchart; tasks have the default shape."""
    states: States = definition["States"]
    shaped = "; ".join(_shaped(states))
    lines = [f"    {line}" for line in (shaped, *_parallels(states), *_arrows(states))]
    return "\n".join(["```mermaid", "flowchart TD", *lines, "```", ""])


def _shaped(states: States) -> Iterator[str]:
    for name, state in states.items():
        if state["Type"] in _SHAPES:
            yield name + _SHAPES[state["Type"]].format(name)


def _parallels(states: States) -> Iterator[str]:
    for name, state in states.items():
        if "Branches" in state:
            yield f"subgraph {name} [{name}: side by side]"
            for branch in state["Branches"]:
                inner = branch["States"]
                yield "    " + "; ".join([branch["StartAt"], *_shaped(inner), *_arrows(inner)])
            yield "end"


def _arrows(states: States) -> Iterator[str]:
    """The ways, those together that lead to the same state for the same reason."""
    starts: dict[tuple[str, str, bool], list[str]] = {}
    for start, end, label, dashed in edges(states):
        starts.setdefault((end, label, dashed), []).append(start)
    for (end, label, dashed), names in starts.items():
        line = "-.->" if dashed else "-->"
        yield f"{' & '.join(names)} {line}{f'|{label}|' if label else ''} {end}"


def with_diagram(text: str) -> str:
    """The text with its generated diagram as the definition has it now."""
    before, start, rest = text.partition(_START)
    _, end, after = rest.partition(_END)
    return f"{before}{start}{mermaid(machine())}{end}{after}"


_WIDTH, _HEIGHT, _GAP, _MARGIN = 150, 34, 30, 20


class Box(NamedTuple):
    """A state on the drawing."""

    name: str
    kind: str
    x: float
    y: float
    width: float = _WIDTH
    height: float = _HEIGHT

    @property
    def middle(self) -> float:
        return self.x + self.width / 2


def svg(definition: dict[str, Any]) -> str:
    """The workflow as an SVG: the way of a ticket downwards, failures aside."""
    states: States = definition["States"]
    boxes = {box.name: box for box in _placed(definition)}
    width = max(box.x + box.width for box in boxes.values()) + _MARGIN
    height = max(box.y + box.height for box in boxes.values()) + _MARGIN
    parts = [_box(box) for box in boxes.values()]
    inner = (b["States"] for s in states.values() for b in s.get("Branches", []))
    for scope in (states, *inner):
        parts += [_way(each, boxes) for each in edges(scope)]
    return _SVG.format(width=width, height=height, parts="\n".join(parts))


def _placed(definition: dict[str, Any]) -> Iterator[Box]:
    states: States = definition["States"]
    failing = {name for name in states if name in _failing(definition)}
    branches = [b for s in states.values() for b in s.get("Branches", [])]
    center = _MARGIN + 130 + (len(branches) * (_WIDTH + _GAP)) / 2
    y = float(_MARGIN)
    for name, state in states.items():
        if name in failing:
            continue
        if "Branches" in state:
            yield from _parallel(name, state["Branches"], center, y)
            y += _inside(state["Branches"]) + _GAP
        else:
            yield Box(name, state["Type"], center - _WIDTH / 2, y)
            y += _HEIGHT + _GAP
    side = center + len(branches) * (_WIDTH + _GAP) / 2 + 2 * _GAP
    for number, name in enumerate(n for n in states if n in failing):
        place = y - (2 - number) * (_HEIGHT + _GAP)
        yield Box(name, states[name]["Type"], side, place)


def _failing(definition: dict[str, Any]) -> Iterator[str]:
    """States from which only failure is left."""
    states: States = definition["States"]
    for name in states:
        way = name
        while "Next" in states[way]:
            way = states[way]["Next"]
        if states[way]["Type"] == "Fail":
            yield name


def _inside(branches: list[dict[str, Any]]) -> float:
    return max(len(b["States"]) for b in branches) * (_HEIGHT + _GAP) + _GAP


def _parallel(name: str, branches: list[Any], center: float, y: float) -> Iterator[Box]:
    width = len(branches) * (_WIDTH + _GAP) + _GAP
    left = center - width / 2
    yield Box(name, "Parallel", left, y, width, _inside(branches))
    for column, branch in enumerate(branches):
        x = left + _GAP + column * (_WIDTH + _GAP)
        for row, (inner, state) in enumerate(branch["States"].items()):
            yield Box(inner, state["Type"], x, y + _GAP + row * (_HEIGHT + _GAP))


def _box(box: Box) -> str:
    round_ = {"Choice": 17, "Fail": 17, "Pass": 17}.get(box.kind, 4)
    shape = (
        f'<rect class="{box.kind}" x="{box.x:g}" y="{box.y:g}" width="{box.width:g}"'
        f' height="{box.height:g}" rx="{round_}"/>'
    )
    if box.kind == "Parallel":
        label = f'<text class="aside" x="{box.x + 8:g}" y="{box.y + 18:g}">{box.name}</text>'
    else:
        mark = "?" if box.kind == "Choice" else ""
        label = f'<text x="{box.middle:g}" y="{box.y + 22:g}">{escape(box.name)}{mark}</text>'
    return f"  {shape}{label}"


def _way(edge: Edge, boxes: dict[str, Box]) -> str:
    a, b = boxes[edge.start], boxes[edge.end]
    down = b.y - (a.y + a.height)
    if 0 < down <= 2 * _GAP and abs(a.middle - b.middle) < 1:
        path = f"M{a.middle:g} {a.y + a.height:g}V{b.y:g}"
        place = (a.middle + 6, a.y + a.height + 19)
    elif b.x >= a.x + a.width:  # to the failures, at the right
        turn = b.x - _GAP
        path = f"M{a.x + a.width:g} {a.y + a.height / 2:g}H{turn:g}V{b.y + 17:g}H{b.x:g}"
        place = (a.x + a.width + 6, a.y + a.height / 2 - 4)
    else:  # round the others, at the left: the further, the wider
        rows = sorted((a.y, b.y))
        passed = (box.x for box in boxes.values() if rows[0] <= box.y <= rows[1])
        out = min(passed) - 12 * (1 + list(boxes).index(edge.start) % 6)
        path = f"M{a.x:g} {a.y + a.height / 2:g}H{out:g}V{b.y + 17:g}H{b.x:g}"
        place = (out + 4, a.y + a.height / 2 - 4)
    label = f'<text class="aside" x="{place[0]:g}" y="{place[1]:g}">{edge.label}</text>'
    dashed = ' stroke-dasharray="4 3"' if edge.dashed else ""
    return f'  <path d="{path}"{dashed}/>{label if edge.label else ""}'


_SVG = textwrap.dedent("""\
    <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}"
         font-family="sans-serif" font-size="13">
      <title>The triage workflow, drawn from statemachine/triage.asl.json</title>
      <style>
        rect {{ fill: #eef3fb; stroke: #456; }} .Parallel {{ fill: none; stroke-dasharray: 2 2; }}
        .Choice {{ fill: #fdf6e3; }} .Fail {{ fill: #fbe9e7; }} .Pass {{ fill: #f3f3f3; }}
        text {{ text-anchor: middle; fill: #123; }}
        .aside {{ text-anchor: start; font-size: 11px; }}
        path {{ fill: none; stroke: #456; marker-end: url(#tip); }}
      </style>
      <marker id="tip" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8"
              orient="auto"><path d="M0 0L8 4L0 8z" style="fill:#456;marker-end:none"/></marker>
    {parts}
    </svg>
    """)

if __name__ == "__main__":
    README.write_text(with_diagram(README.read_text()))
    SVG.write_text(svg(machine()))
    # Only here: it draws with the ways that this module reads.
    from tests.contract.terminal import drawn

    print(drawn(machine()))
    print(f"\ndrawn anew in {README} and {SVG}")
