"""Settings: checked at start, errors name the variable."""

import pytest

from deskhand.settings import SettingInvalid, Settings


def test_defaults_need_no_environment() -> None:
    assert Settings.read({}) == Settings()


def test_an_empty_variable_is_no_variable() -> None:
    assert Settings.read({"OPENAI_BASE_URL": ""}).openai_base_url == "https://api.openai.com/v1"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("LLM_TEMPERATURE", "3"),
        ("LLM_TIMEOUT_SECONDS", "0"),
        ("LLM_TIMEOUT_SECONDS", "soon"),
        ("IDEMPOTENCY_HOURS", "1"),
    ],
)
def test_a_wrong_value_stops_the_start_by_name(name: str, value: str) -> None:
    """F-E9"""
    with pytest.raises(SettingInvalid, match=name):
        Settings.read({name: value})


def test_all_wrong_variables_are_named() -> None:
    with pytest.raises(SettingInvalid, match=r"IDEMPOTENCY_HOURS.*LLM_TEMPERATURE"):
        Settings.read({"LLM_TEMPERATURE": "x", "IDEMPOTENCY_HOURS": "x"})


def test_a_missing_variable_is_named() -> None:
    with pytest.raises(SettingInvalid, match="QUEUE_URL is not set"):
        Settings().need("queue_url")


def test_secrets_are_not_in_the_error() -> None:
    with pytest.raises(SettingInvalid) as error:
        Settings.read({"OPENAI_API_KEY": "sk-secret", "LLM_TEMPERATURE": "9"})
    assert "sk-secret" not in str(error.value)
