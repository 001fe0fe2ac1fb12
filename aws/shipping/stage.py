"""A stage: one file in aws/stages that says all about it, and the parameters that follow."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
STAGES = ROOT / "aws/stages"
TEMPLATES = {
    "network": ROOT / "aws/network.yaml",
    "database": ROOT / "aws/database.yaml",
    "application": ROOT / "template.yaml",
}
# Made by the deployment itself.
OF_KEYS = "TokenKeys"
_MEMBERS = {"region", "stack", "size", "network", "database", "application"}
_NAME = re.compile(r"[a-z][a-z0-9-]{0,30}")


class StageInvalid(Exception):
    """The file of a stage says something wrong; the message names it."""


class _Loader(yaml.CSafeLoader):
    """Reads CloudFormation's tags as nothing: names, defaults and policies are plain."""


_Loader.add_multi_constructor("!", lambda *_: None)


@dataclass(frozen=True)
class Stage:
    """What the file says. A part that is None is not made; `application` names yours."""

    name: str
    region: str
    stack: str
    application: dict[str, str]
    network: dict[str, str] | None = None
    database: dict[str, str] | None = None
    size: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def read(cls, name: str) -> "Stage":
        """The stage of that name; raises StageInvalid naming every wrong word."""
        if not _NAME.fullmatch(name):
            raise StageInvalid(f"STAGE={name}: a name has small letters, digits and hyphens")
        path = STAGES / f"{name}.yaml"
        if not path.exists():
            there = ", ".join(sorted(each.stem for each in STAGES.glob("*.yaml")))
            raise StageInvalid(f"STAGE={name}: there is no {path.name}; there are {there}")
        return cls.parse(name, path.read_text())

    @classmethod
    def parse(cls, name: str, text: str) -> "Stage":
        given = yaml.safe_load(text)
        if not isinstance(given, dict):
            raise StageInvalid(f"{name}: the file holds no mapping")
        wrong = [f"unknown: {word}" for word in sorted(given.keys() - _MEMBERS)]
        wrong += [f"missing: {word}" for word in ("region", "stack") if not given.get(word)]
        if wrong:
            raise StageInvalid(f"{name}: {'; '.join(wrong)}")
        parts = {part: _texts(name, part, given.get(part)) for part in TEMPLATES}
        return cls(
            name=name,
            region=str(given["region"]),
            stack=str(given["stack"]),
            size=given.get("size") or {},
            network=parts["network"],
            database=parts["database"],
            application=parts["application"] or {},
        )

    def stack_of(self, part: str) -> str:
        """The name of the stack of a part."""
        return self.stack if part == "application" else f"{self.stack}-{part}"

    def parameters(self, part: str, outputs: Mapping[str, str]) -> dict[str, str]:
        """Every parameter of a part's template: its default, what other stacks give out, the file.

        All are given at each deployment, so nothing stays from one before. Raises StageInvalid when
        one without a default is given by nobody.
        """
        known = defaults(part)
        given = getattr(self, part) or {}
        fed = {name: value for name, value in outputs.items() if name in known}
        found = {**known, **fed, **given}
        if missing := sorted(name for name, value in found.items() if value is None):
            raise StageInvalid(f"{self.name}: {part} needs {', '.join(missing)}")
        return {name: str(value) for name, value in found.items()}


@cache
def defaults(part: str) -> dict[str, str | None]:
    """The parameters of a template with their defaults; None: there is none."""
    given = parse(TEMPLATES[part].read_text())["Parameters"]
    return {name: each.get("Default") for name, each in given.items()}


def parse(template: str) -> dict[str, Any]:
    """A template's plain values; CloudFormation's functions are read as nothing."""
    found: dict[str, Any] = yaml.load(template, Loader=_Loader)  # noqa: S506 - a SafeLoader
    return found


def _texts(name: str, part: str, given: object) -> dict[str, str] | None:
    """The parameters as CloudFormation takes them; raises StageInvalid for one that it has not."""
    if given is None:
        return None
    if not isinstance(given, dict):
        raise StageInvalid(f"{name}: {part} is no mapping")
    if unknown := sorted(given.keys() - defaults(part).keys()):
        raise StageInvalid(f"{name}: {part} has no parameter {', '.join(map(str, unknown))}")
    return {key: _text(value) for key, value in given.items()}


def _text(value: object) -> str:
    if isinstance(value, list):
        return ",".join(map(str, value))
    return str(value).lower() if isinstance(value, bool) else str(value)
