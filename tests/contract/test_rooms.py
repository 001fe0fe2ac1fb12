"""The packages inside `deskhand`, here called rooms, and the rooms that each of them imports."""

import ast
from pathlib import Path

PACKAGE = Path("layers/deskhand/deskhand")

GROUND = {"errors", "refusals", "logs", "uuid7", "ticket", "normal_form"}
# Each room with the rooms that it imports; these stand above it. All may import GROUND too.
ROOMS = {
    "settings": "",
    "store": "settings",
    "safety": "",
    "mail": "settings",
    "api": "settings store",
    "spreadsheets": "api",
    "models": "settings store safety",
    "intake": "settings store safety api",
    "accounts": "settings store api",
    "similarity": "settings store safety models",
    "workflow": "settings store safety api models intake",
    "knowledge": "settings store api similarity",
    "catalog": "settings store safety api similarity",
    "learning": "settings store safety api spreadsheets similarity catalog",
    "sla": "store catalog",
    "reply": "store safety models similarity knowledge",
    "triage": "settings store safety api models similarity catalog learning",
    "tickets": "store safety api similarity catalog sla triage",
    "attribution": "settings store safety api models intake workflow catalog learning sla triage",
    "operations": "settings store safety intake similarity workflow knowledge catalog sla triage",
    "duplicates": "settings store safety api similarity catalog sla triage tickets",
    "analytics": "store api",
    "reports": "settings store safety spreadsheets mail api",
    "exports": "settings store safety spreadsheets api reports",
    "escalation": "settings store safety mail catalog sla tickets",
    "audits": "settings store safety api spreadsheets reports similarity catalog learning sla"
    " triage",
    "erasure": "store api reports audits",
    "reference": "settings api analytics exports audits spreadsheets intake accounts workflow"
    " knowledge catalog learning triage tickets operations duplicates reports attribution",
}
HTTP = {"aws_lambda_powertools.event_handler", "deskhand.api.problem", "deskhand.api.router"}


def imports(path: Path) -> set[str]:
    """The names that a module imports at its start or later, each with its module's name."""
    nodes = list(ast.walk(ast.parse(path.read_text())))
    names = {a.name for each in nodes if isinstance(each, ast.Import) for a in each.names}
    for each in nodes:
        if isinstance(each, ast.ImportFrom):
            names |= {f"{each.module}.{alias.name}" for alias in each.names}
    return names


def rooms(path: Path) -> set[str]:
    """The rooms that a module imports from."""
    return {name.split(".")[1] for name in imports(path) if name.startswith("deskhand.")}


def test_each_room_imports_the_rooms_that_the_map_shows() -> None:
    found: dict[str, set[str]] = {}
    for path in PACKAGE.glob("*/**/*.py"):
        room = path.relative_to(PACKAGE).parts[0]
        found.setdefault(room, set()).update(rooms(path) - GROUND - {room})
    assert found.keys() == ROOMS.keys()
    for room, below in ROOMS.items():
        assert found[room] == set(below.split()), f"{room} imports other packages than ROOMS lists"


def test_imports_point_down() -> None:
    names = list(ROOMS)
    for room, below in ROOMS.items():
        assert set(below.split()) <= set(names[: names.index(room)]), room
    for name in GROUND:
        assert rooms(PACKAGE / f"{name}.py") <= GROUND, name


def test_modules_import_in_no_circle() -> None:
    """Within a room too."""
    paths = {
        ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts): path
        for path in PACKAGE.glob("**/*.py")
    }
    left: dict[str, set[str]] = {}
    for module, path in paths.items():
        names = imports(path)
        left[module] = (names | {name.rpartition(".")[0] for name in names}) & paths.keys()
    while free := {module for module, needs in left.items() if not needs & left.keys()}:
        left = {module: needs for module, needs in left.items() if module not in free}
    assert not left, "these import each other"


def test_the_ground_floor_is_small() -> None:
    assert {path.stem for path in PACKAGE.glob("*.py")} == {"__init__", *GROUND}


def test_a_package_loads_nothing_by_itself() -> None:
    """Each module is imported by its own name, so a function loads no more than it uses."""
    for path in PACKAGE.glob("**/__init__.py"):
        assert [type(each) for each in ast.parse(path.read_text()).body] == [ast.Expr], path


def test_http_stays_at_the_door() -> None:
    """Answers and problem documents are made in `api/`, in a room's own `api`, and in handlers."""
    for path in PACKAGE.glob("*/**/*.py"):
        if "api" not in path.relative_to(PACKAGE).with_suffix("").parts:
            assert not {name.rpartition(".")[0] for name in imports(path)} & HTTP, path


def test_only_the_store_knows_the_database() -> None:
    for path in PACKAGE.glob("**/*.py"):
        if path.relative_to(PACKAGE).parts[0] != "store":
            assert not any(name.startswith("psycopg") for name in imports(path)), path
