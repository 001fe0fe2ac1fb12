"""A parameter of the template allows what its setting allows, and has the same default."""

import re
from typing import Any

import pytest
from annotated_types import Ge, Gt, Le

from deskhand.settings.environment import SettingInvalid, Settings
from tests.contract.template import RESOURCES, TEMPLATE

PARAMETERS: dict[str, Any] = TEMPLATE["Parameters"]
VARIABLES: dict[str, str] = {
    name: value["Ref"]
    for properties in (
        TEMPLATE["Globals"]["Function"],
        *(r["Properties"] for r in RESOURCES.values()),
    )
    for name, value in properties.get("Environment", {}).get("Variables", {}).items()
    if isinstance(value, dict) and value.get("Ref") in PARAMETERS
}
NUMBERS = {
    name: field
    for name, field in Settings.model_fields.items()
    if any(isinstance(limit, Ge | Gt | Le) for limit in field.metadata)
}


def limit(name: str, kind: type) -> Any:
    [found] = [limit for limit in NUMBERS[name].metadata if isinstance(limit, kind)]
    return getattr(found, kind.__name__.lower())


def parameter(name: str) -> dict[str, Any]:
    found: dict[str, Any] = PARAMETERS[VARIABLES[name.upper()]]
    return found


@pytest.mark.parametrize(
    "name", [name for name, field in NUMBERS.items() if field.default is not None]
)
def test_a_number_has_the_settings_limits_and_default(name: str) -> None:
    """F-E9"""
    given = parameter(name)
    assert given["Type"] == "Number"
    assert given["Default"] == NUMBERS[name].default
    assert given["MaxValue"] == limit(name, Le)
    # CloudFormation knows no "more than".
    above_zero = any(isinstance(limit, Gt) for limit in NUMBERS[name].metadata)
    assert given["MinValue"] == (1 if above_zero else limit(name, Ge))


@pytest.mark.parametrize(
    ("name", "fine", "wrong"),
    [
        ("llm_top_p", ["", "0.5", ".05", "1", "1.0"], ["0", "0.0", "1.1", "10", "-1", "x"]),
        ("llm_top_k", ["", "1", "10", "99", "499", "500"], ["0", "501", "1000", "-1", "0.5"]),
    ],
)
def test_an_optional_number_is_limited_too(name: str, fine: list[str], wrong: list[str]) -> None:
    """F-E9"""
    allowed = re.compile(parameter(name)["AllowedPattern"])
    for text in fine + wrong:
        assert bool(allowed.search(text)) == _taken(name, text) == (text in fine), text


def _taken(name: str, text: str) -> bool:
    try:
        Settings.read({name.upper(): text})
    except SettingInvalid:
        return False
    return True


def test_true_and_false_are_all_that_a_switch_allows() -> None:
    given = parameter("llm_masking")
    assert (given["Default"], given["AllowedValues"]) == ("true", ["true", "false"])
