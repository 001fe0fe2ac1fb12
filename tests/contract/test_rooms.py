"""The map of the package: each room, from the ground up, and the rooms that it may import."""

import ast
from collections.abc import Iterator
from pathlib import Path

PACKAGE = Path("layers/deskhand/deskhand")

GROUND = "errors logs uuid7 ticket"
# A room imports the ground floor, and of the rooms listed before it those that stand behind it.
ROOMS = {
    "settings": "",
    "store": "settings",
    "safety": "",
    "api": "settings store",
    "models": "settings store safety",
    "intake": "settings store api",
    "accounts": "settings store api",
    "similarity": "settings store models",
    "workflow": "settings store safety api models intake",
    "knowledge": "settings store api similarity",
    "catalog": "settings store safety api similarity",
    "learning": "settings store api similarity catalog",
    "sla": "store api catalog",
    "reply": "store safety models similarity knowledge",
    "triage": "settings store safety api models similarity catalog learning",
    "tickets": "store api intake similarity catalog sla triage",
    "operations": "settings store intake similarity workflow knowledge catalog sla triage",
    "duplicates": "settings store safety api intake similarity catalog sla triage tickets",
    "escalation": "settings store safety catalog sla triage tickets",
    "reference": "settings api intake accounts workflow knowledge learning triage tickets"
    " operations duplicates",
}


def imported(path: Path) -> Iterator[str]:
    """What a module imports, lazily or not: rooms, and files of the ground floor."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("deskhand"):
            names = [f"{node.module}.{each.name}" for each in node.names]
            yield from (name.split(".")[1] for name in names)
        elif isinstance(node, ast.Import):
            names = [each.name for each in node.names if each.name.startswith("deskhand.")]
            yield from (name.split(".")[1] for name in names)


def test_each_room_imports_only_what_the_map_shows() -> None:
    found: dict[str, set[str]] = {}
    for path in PACKAGE.glob("*/**/*.py"):
        room = path.relative_to(PACKAGE).parts[0]
        found.setdefault(room, set()).update(set(imported(path)) - {room, *GROUND.split()})
    assert found.keys() == ROOMS.keys()
    for room, below in ROOMS.items():
        assert found[room] == set(below.split()), room


def test_arrows_point_down() -> None:
    rooms = list(ROOMS)
    for room, below in ROOMS.items():
        assert set(below.split()) <= set(rooms[: rooms.index(room)]), room
    for name in GROUND.split():
        assert set(imported(PACKAGE / f"{name}.py")) <= set(GROUND.split()), name


def test_the_ground_floor_is_small() -> None:
    assert {path.stem for path in PACKAGE.glob("*.py")} == {"__init__", *GROUND.split()}


def test_a_package_loads_nothing_by_itself() -> None:
    """Importing one module of it must not bring others: that is what keeps cold starts short."""
    for path in PACKAGE.glob("**/__init__.py"):
        assert [type(each) for each in ast.parse(path.read_text()).body] == [ast.Expr], path
