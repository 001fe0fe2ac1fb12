"""The version is the same wherever it is written."""

import json
import re
import tomllib
from pathlib import Path

from deskhand.reference.files import REFERENCE
from deskhand.settings.version import VERSION


def test_the_project_file_names_the_version_of_the_code() -> None:
    assert tomllib.loads(Path("pyproject.toml").read_text())["project"]["version"] == VERSION


def test_the_reference_names_the_version_of_the_code() -> None:
    assert json.loads(REFERENCE.text)["info"]["version"] == VERSION


def test_the_newest_release_in_the_changelog_is_the_version_of_the_code() -> None:
    text = Path("CHANGELOG.md").read_text()
    releases = re.findall(r"(?m)^## (\d+\.\d+\.\d+) - \d{4}-\d\d-\d\d$", text)
    assert releases[0] == VERSION
