"""A model's key comes from a secret at run time, and a new one needs no deployment."""

import json
from collections.abc import Callable, Iterator

import boto3
import pytest
from moto import mock_aws

from deskhand.errors import ModelRefused, ModelUnavailable
from deskhand.models.adapters.openai import OpenAI, build
from deskhand.models.base import Prompt
from deskhand.settings import secrets_manager
from deskhand.settings.environment import SettingInvalid, Settings
from deskhand.settings.secrets_manager import secret
from tests.environment import new_environment
from tests.wire.models.adapters import Colour
from tests.wire.models.model_server import ModelServer, says

BLUE = '{"colour": "blue", "sure": 0.9}'

type Store = Callable[[str], None]


@pytest.fixture
def arn() -> Iterator[str]:
    """A secret that holds nothing yet."""
    with mock_aws():
        new_environment()
        yield str(boto3.client("secretsmanager").create_secret(Name="keys")["ARN"])
        # A test may have had it made for another endpoint.
        secrets_manager.secrets_manager.cache_clear()
        new_environment()


@pytest.fixture
def store(arn: str) -> Store:
    """A function that changes the text of the secret."""

    def stored(text: str) -> None:
        boto3.client("secretsmanager").put_secret_value(SecretId=arn, SecretString=text)

    return stored


@pytest.fixture
def server() -> Iterator[ModelServer]:
    with ModelServer(says(BLUE)) as running:
        yield running


@pytest.fixture
def model(arn: str, server: ModelServer) -> Iterator[OpenAI]:
    """The adapter as a function builds it once; the variable is not used beside a secret."""
    made = build("m", settings(arn, openai_base_url=f"{server.url}/v1"), 60)
    yield made
    made.close()


def settings(arn: str, **others: str) -> Settings:
    return Settings(secrets_arn=arn, openai_api_key="of the variable", **others)


def key_of(server: ModelServer) -> str | None:
    return server.requests[-1][1]["Authorization"]


def test_a_changed_key_is_used_without_a_deployment(
    model: OpenAI,
    server: ModelServer,
    store: Store,
    prompt: Prompt,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """F-K6: five minutes later, in the same execution environment."""
    store('{"openai_api_key": "first"}')
    model.complete(prompt, Colour)
    store('{"openai_api_key": "second"}')
    model.complete(prompt, Colour)
    assert key_of(server) == "Bearer first"
    secrets_manager.forget()  # as after five minutes
    model.complete(prompt, Colour)
    assert key_of(server) == "Bearer second"


def test_a_server_of_ones_own_needs_no_key(
    model: OpenAI, server: ModelServer, store: Store, prompt: Prompt
) -> None:
    store("{}")
    model.complete(prompt, Colour)
    assert key_of(server) == "Bearer none"


def test_a_secret_that_cannot_be_read_is_a_model_that_is_away(
    model: OpenAI, server: ModelServer, prompt: Prompt
) -> None:
    """F-E2: the state machine tries again, and the last try goes to the next provider."""
    with pytest.raises(ModelUnavailable, match="its key cannot be read"):
        model.complete(prompt, Colour)
    assert server.requests == []


def test_openai_itself_needs_a_key(store: Store, arn: str, prompt: Prompt) -> None:
    store('{"smtp_password": "x"}')
    model = build("m", settings(arn, openai_base_url="https://api.openai.com/v1"), 60)
    with pytest.raises(ModelRefused, match="openai_api_key is not in the secret"):
        model.complete(prompt, Colour)
    model.close()


@pytest.mark.parametrize("name", ["smtp_password", "webhook_secret", "helpdesk_key"])
def test_a_value_is_kept_while_the_secret_cannot_be_read(
    store: Store, arn: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F-K6: an outage of Secrets Manager stops nobody who has read it once."""
    monkeypatch.setattr(secrets_manager, "KEPT_SECONDS", -1.0)
    store(json.dumps({name: "value"}))
    assert secret(settings(arn), name) == "value"
    monkeypatch.setenv("AWS_ENDPOINT_URL_SECRETS_MANAGER", "http://127.0.0.1:1")
    secrets_manager.secrets_manager.cache_clear()
    assert secret(settings(arn), name) == "value"


def test_without_a_secret_the_variable_counts() -> None:
    assert secret(Settings(smtp_password="of the variable"), "smtp_password") == "of the variable"


@pytest.mark.parametrize("text", ["{sk-4711}", "[4711]", '"4711"', "4711"])
def test_a_secret_of_another_form_is_named(store: Store, arn: str, text: str) -> None:
    """F-E9: without a word of what is in it."""
    store(text)
    with pytest.raises(SettingInvalid, match="SECRETS_ARN is no JSON object") as error:
        secret(settings(arn), "smtp_password")
    assert "4711" not in str(error.value)
