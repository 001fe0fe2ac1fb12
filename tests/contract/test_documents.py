"""The documents lead somewhere, and name what an operator meets."""

import re
from pathlib import Path

import pytest

from deskhand import errors
from deskhand.api.access import ROUTES
from tests.contract.documents import DOCUMENTS, anchors, links

OPERATE = Path("docs/OPERATE.md").read_text()
DECISIONS = sorted(Path("docs/decisions").glob("*.md"))


@pytest.mark.parametrize("document", DOCUMENTS, ids=str)
def test_each_link_leads_to_a_file_and_a_heading(document: Path) -> None:
    for link in links(document):
        name, _, anchor = link.partition("#")
        target = document.parent / name if name else document
        assert target.exists(), f"{document}: {link} leads to no file"
        assert not anchor or anchor in anchors(target), f"{document}: {link} leads to no heading"


def test_the_index_names_each_decision() -> None:
    found = {
        f"{path}#{anchor}"
        for path in DECISIONS
        for anchor in anchors(path) - {f"decisions-{path.stem}"}
    }
    listed = {link for link in links(Path("DECISIONS.md")) if "#" in link and link[0] != "#"}
    assert found == listed, "list each decision of docs/decisions in DECISIONS.md"


def test_decisions_are_written_into_the_file_of_their_package() -> None:
    headings = re.findall(r"(?m)^## (.*)$", Path("DECISIONS.md").read_text())
    assert headings == ["By package", "The dozen that shape the whole"], (
        "write the decision at the top of docs/decisions/<package>.md, and its title into the list"
    )


def test_the_manual_explains_each_alarm() -> None:
    alarms = re.findall(
        r"(?m)^  (\w+):\n    Type: AWS::CloudWatch::Alarm$", Path("template.yaml").read_text()
    )
    assert alarms
    assert [name for name in alarms if f"| `{name}` |" not in OPERATE] == []


def test_the_manual_explains_each_error_of_a_step() -> None:
    names = [name for name, value in vars(errors).items() if _is_error(value)]
    assert names
    assert [name for name in names if f"`{name}`" not in OPERATE] == []


def test_the_manual_explains_each_command_of_an_operator() -> None:
    commands = _operators_commands(Path("Makefile").read_text())
    assert {"demo", "status", "catalog", "verify"} <= commands
    assert {name for name in commands if not re.search(rf"`make {name}[ `]", OPERATE)} == set()


def test_the_overview_of_the_api_names_each_route() -> None:
    text = Path("docs/API.md").read_text()
    assert [route for route in ROUTES if f"`{' '.join(route)}`" not in text] == []
    named = set(re.findall(r"`(GET|POST|PUT|PATCH|DELETE) (/[^`]*)`", text))
    assert named == set(ROUTES)


def test_each_test_that_the_security_page_names_exists() -> None:
    named = re.findall(r"\b(test_\w+\.py|forgeries\.py)`", Path("SECURITY.md").read_text())
    existing = {path.name for path in Path("tests").rglob("*.py")}
    assert named
    assert set(named) <= existing


def _is_error(value: object) -> bool:
    return (
        isinstance(value, type)
        and issubclass(value, errors.DeskhandError)
        and value is not errors.DeskhandError
    )


def _operators_commands(makefile: str) -> set[str]:
    """The targets of the groups that operate a stack, and those that look at one."""
    groups = dict(re.findall(r"(?ms)^##@ ([^\n]*)\n(.*?)(?=^##@|\Z)", makefile))
    text = groups["Try it"] + groups["Use it"]
    return {*re.findall(r"(?m)^([a-z-]+):.*##", text), "verify", "invoke"}
