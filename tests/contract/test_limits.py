"""A parameter of the template allows what its setting allows, and has the same default."""

import re
from collections.abc import Iterator
from typing import Any, get_args

import pytest
from annotated_types import Ge, Gt, Le

from deskhand.settings.environment import SettingInvalid, Settings
from tests.contract.template import RESOURCES, TEMPLATE

PARAMETERS: dict[str, Any] = TEMPLATE["Parameters"]
FIELDS = Settings.model_fields


def _parameters() -> dict[str, str]:
    """The parameter that each variable is taken from; of a secret, the one for local use."""
    functions = (resource["Properties"] for resource in RESOURCES.values())
    found = {}
    for properties in (TEMPLATE["Globals"]["Function"], *functions):
        for name, value in properties.get("Environment", {}).get("Variables", {}).items():
            given = value["If"][2] if "If" in value else value
            if isinstance(given, dict) and given.get("Ref") in PARAMETERS:
                found[name.lower()] = given["Ref"]
    return found


PARAMETER_OF = _parameters()


def _differences(name: str) -> Iterator[str]:
    """What the parameter says differently than the setting, a sentence each."""
    parameter = PARAMETERS[PARAMETER_OF[name]]
    for word, wanted in _wanted(name).items():
        given = parameter.get(word)
        if given != wanted:
            yield f"{PARAMETER_OF[name]} has {word} {given}, but {name} in Settings wants {wanted}"
    if _read(name, parameter["Default"]) != FIELDS[name].default:
        default = FIELDS[name].default
        yield (
            f"{PARAMETER_OF[name]} has Default {parameter['Default']!r}, but {name} has {default!r}"
        )


def _wanted(name: str) -> dict[str, Any]:
    """What the parameter of a setting must say about its values."""
    annotation = FIELDS[name].annotation
    if annotation is bool:
        return {"AllowedValues": ["true", "false"]}
    if choices := _choices(annotation):
        return {"AllowedValues": choices}
    limits = {type(limit): limit for limit in FIELDS[name].metadata}
    if annotation not in (int, float) or Le not in limits:
        return {}
    # CloudFormation knows no "more than": above 0 is from 1 on.
    least = 1 if Gt in limits else limits[Ge].ge
    return {"Type": "Number", "MinValue": least, "MaxValue": limits[Le].le}


def _choices(annotation: object) -> list[object]:
    """The words that a Literal, or a union of them, allows; the empty one comes first."""
    words: list[object] = []
    for each in get_args(getattr(annotation, "__value__", annotation)):
        words += [each] if isinstance(each, str) else _choices(each)
    return sorted(words, key=bool)


def _read(name: str, text: object) -> object:
    """What the setting makes of a parameter's value; SettingInvalid's words where it refuses."""
    try:
        return getattr(Settings.read({name.upper(): str(text)}), name)
    except SettingInvalid as error:
        return str(error)


@pytest.mark.parametrize("name", sorted(FIELDS.keys() & PARAMETER_OF.keys()))
def test_a_parameter_has_its_settings_limits_and_default(name: str) -> None:
    """F-E9"""
    assert list(_differences(name)) == []


@pytest.mark.parametrize(
    ("name", "fine", "wrong"),
    [
        ("llm_top_p", ["", "0.5", ".05", "1", "1.0"], ["0", "0.0", "1.1", "10", "-1", "x"]),
        ("llm_top_k", ["", "1", "10", "99", "499", "500"], ["0", "501", "1000", "-1", "0.5"]),
        ("cors_origin", ["", "https://desk.example:8443"], ["*", "a", "https://a/", "ftp://a"]),
        (
            "embedder",
            ["embedded", "openai:BAAI/bge-m3@1024", "bedrock:amazon.titan-embed-text-v2:0@256"],
            ["embedded@384", "openai:m", "openai:m@0", "openai:m@n@5", "ollama:m@4001"],
        ),
    ],
)  # fmt: skip
def test_a_parameters_pattern_takes_what_the_setting_takes(
    name: str, fine: list[str], wrong: list[str]
) -> None:
    """F-E9"""
    allowed = re.compile(PARAMETERS[PARAMETER_OF[name]]["AllowedPattern"])
    for text in fine + wrong:
        assert bool(allowed.search(text)) == _taken(name, text) == (text in fine), text


def _taken(name: str, text: str) -> bool:
    try:
        Settings.read({name.upper(): text})
    except SettingInvalid:
        return False
    return True
