"""CloudFormation templates as values: `!Ref x` is read as `{"Ref": x}`."""

from pathlib import Path
from typing import Any

import yaml


def read(template: Path) -> dict[str, Any]:
    """Return the template in a YAML file."""
    read: dict[str, Any] = yaml.load(template.read_text(), _Loader)  # noqa: S506 - a SafeLoader
    return read


class _Loader(yaml.SafeLoader):
    """Reads the short forms of functions: `!Ref x`, `!If [...]`, `!GetAtt a.b`."""


def _short_form(loader: yaml.SafeLoader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    name = suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}"
    match node:
        case yaml.ScalarNode():
            value: Any = loader.construct_scalar(node)
        case yaml.SequenceNode():
            value = loader.construct_sequence(node, deep=True)
        case yaml.MappingNode():
            value = loader.construct_mapping(node, deep=True)
    return {name: value.split(".", 1) if name == "Fn::GetAtt" and isinstance(value, str) else value}


_Loader.add_multi_constructor("!", _short_form)
