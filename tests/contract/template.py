"""The template, read as plain values: CloudFormation's short tags become one-member mappings."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml


class _Loader(yaml.SafeLoader):
    """Reads every tag."""


def _plain(loader: _Loader, tag: str, node: yaml.Node) -> Any:
    match node:
        case yaml.ScalarNode():
            value: Any = loader.construct_scalar(node)
        case yaml.SequenceNode():
            value = loader.construct_sequence(node, deep=True)
        case _:
            value = loader.construct_mapping(node, deep=True)  # type: ignore[arg-type]
    return {tag: value}


_Loader.add_multi_constructor("!", _plain)


def read(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = yaml.load(path.read_text(), Loader=_Loader)  # noqa: S506 - a SafeLoader
    return found


TEMPLATE = read(Path("template.yaml"))
RESOURCES: dict[str, Any] = TEMPLATE["Resources"]


def camel(word: str) -> str:
    return "".join(part.capitalize() for part in word.split("_"))


def snake(word: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", word).lower()


def of_type(kind: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, resource in RESOURCES.items():
        if resource["Type"] == kind:
            yield name, resource["Properties"]


def policies(function: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """A function's own policy documents, each with its condition or an empty word."""
    for given in function.get("Policies", []):
        condition, policy, _ = given.get("If", ("", given, None))
        if "Ref" in policy:
            policy = RESOURCES[policy["Ref"]]["Properties"]["PolicyDocument"]
        yield condition, policy


def actions(function: dict[str, Any]) -> Iterator[str]:
    """Every action of AWS that a function's own policies allow, like `sqs:SendMessage`."""
    for _, policy in policies(function):
        for given in policy["Statement"]:
            allowed = given.get("If", ("", given))[1]["Action"]
            yield from allowed if isinstance(allowed, list) else [allowed]


def variables(function: dict[str, Any]) -> dict[str, Any]:
    """The environment variables of a function besides those that all have."""
    found: dict[str, Any] = function.get("Environment", {}).get("Variables", {})
    return found


# What X-Ray needs, where Tracing is Active.
_TRACES = {"If": ["IsTraced", "AWSXRayDaemonWriteAccess", {"Ref": "AWS::NoValue"}]}


def invoked(machine: dict[str, Any]) -> list[str]:
    """The functions that a state machine may call; it may do nothing else but write its traces."""
    traces, *calls = machine["Policies"]
    assert traces == _TRACES
    names = [each["LambdaInvokePolicy"]["FunctionName"]["Ref"] for each in calls]
    assert calls == [{"LambdaInvokePolicy": {"FunctionName": {"Ref": name}}} for name in names]
    return names
