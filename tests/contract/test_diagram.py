"""The drawn workflow is the real one."""

import copy
import re
import xml.etree.ElementTree as ElementTree

from tests.contract.diagram import MACHINE, README, SVG, edges, machine, mermaid, svg, with_diagram
from tests.contract.machine import scopes
from tests.contract.terminal import drawn


def test_the_readme_shows_the_definition() -> None:
    """F-D14"""
    text = README.read_text()
    assert "<!-- workflow -->" in text
    assert text == with_diagram(text), "run: make diagram"


def test_the_picture_shows_the_definition() -> None:
    """F-D14"""
    assert SVG.read_text() == svg(machine()), "run: make diagram"
    assert MACHINE.exists()


def test_every_state_and_every_way_is_drawn() -> None:
    """F-D14"""
    drawn, picture = mermaid(machine()), ElementTree.fromstring(svg(machine()))  # noqa: S314 - ours
    shown = {text.text.rstrip("?") for text in picture.iter() if text.tag.endswith("text")}
    paths = [each for each in picture.iter() if each.tag.endswith("}path")]
    ways = [way for scope in scopes(machine()) for way in edges(scope["States"])]
    for scope in scopes(machine()):
        for name in scope["States"]:
            assert name in shown
            assert name in drawn
    assert len(paths) == len(ways) + 1  # the arrow's tip
    said = [part for line in drawn.splitlines() for part in line.split(";")]
    arrows = [part.split() for part in said if "->" in part]
    told = [(start, line[-1]) for line in arrows for start in line[:-2] if start != "&"]
    assert sorted(told) == sorted((way.start, way.end) for way in ways)


def test_a_change_of_the_definition_is_seen() -> None:
    """F-D14"""
    changed = copy.deepcopy(machine())
    changed["States"]["IsRevised"]["Default"] = "Failed"
    assert mermaid(changed) != mermaid(machine())
    assert svg(changed) != svg(machine())


def test_the_terminal_shows_every_state_and_every_way_in_eighty_columns() -> None:
    """F-D14"""
    text = drawn(machine())
    assert max(map(len, text.splitlines())) <= 80
    for scope in scopes(machine()):
        for name in scope["States"]:
            assert re.search(rf"[│═] {name}[?:]? ", text)
    # A way is an arrow downwards, or its end is named beside the state.
    inner = sum(len(list(edges(scope["States"]))) for scope in [*scopes(machine())][1:])
    ways = len(list(edges(machine()["States"])))
    assert text.count("▼") + text.count("▷") + text.count("▶") == ways
    assert text.count("╎") == inner


def test_the_terminal_follows_the_definition() -> None:
    """F-D14"""
    changed = copy.deepcopy(machine())
    changed["States"]["IsRevised"]["Choices"][0]["Next"] = "Failed"
    assert "│ IsRevised? │  yes ──▶ Failed" in drawn(changed)
