"""Secrets Manager: the texts of secrets, and the settings that one of them holds.

They are read at run time, so none of them is in a function's configuration, and a changed one is
used within five minutes without a deployment.
"""

import json
import os
import time
from functools import cache
from typing import TYPE_CHECKING

from deskhand.settings.environment import SettingInvalid, Settings

if TYPE_CHECKING:
    from types_boto3_secretsmanager import SecretsManagerClient

KEPT_SECONDS = 300.0

if os.environ.get("DATABASE_SECRET_ARN"):
    # At init, where Lambda gives more CPU than during a request. Locally no function needs it.
    import boto3  # noqa: F401 - imported again where it is used

# The values of a secret by its ARN, with the time.monotonic() at which they are old.
_values: dict[str, tuple[float, dict[str, str]]] = {}


class SecretUnavailable(Exception):
    """A secret cannot be read; the message names the reason only."""


class SecretMissing(SecretUnavailable):
    """There is no such secret, or it has no text yet."""


@cache
def secrets_manager() -> "SecretsManagerClient":
    """The client of this execution environment."""
    import boto3
    from botocore.config import Config

    config = Config(connect_timeout=1, read_timeout=2, retries={"total_max_attempts": 2})
    return boto3.client("secretsmanager", config=config)


def text_of(arn: str) -> str:
    """The text of a secret as it is now; raises SecretUnavailable."""
    from botocore.exceptions import BotoCoreError, ClientError

    client = secrets_manager()
    try:
        return client.get_secret_value(SecretId=arn)["SecretString"]
    except client.exceptions.ResourceNotFoundException as error:
        raise SecretMissing(type(error).__name__) from None
    except (BotoCoreError, ClientError) as error:
        raise SecretUnavailable(type(error).__name__) from None


def secret(settings: Settings, name: str) -> str:
    """The value of a setting that is a secret: from the secret, else from the environment.

    A value is kept for five minutes, and longer while the secret cannot be read. Raises
    SecretUnavailable, and SettingInvalid when the secret is no JSON object.
    """
    if not settings.secrets_arn:
        return str(getattr(settings, name))
    return _kept(settings.secrets_arn).get(name, "")


def forget() -> None:
    """The next value is read anew."""
    _values.clear()


def _kept(arn: str) -> dict[str, str]:
    until, values = _values.get(arn, (0.0, {}))
    if time.monotonic() < until:
        return values
    try:
        values = _parsed(text_of(arn))
    except SecretUnavailable:
        if arn not in _values:
            raise
    _values[arn] = time.monotonic() + KEPT_SECONDS, values
    return values


def _parsed(text: str) -> dict[str, str]:
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise SettingInvalid("the secret behind SECRETS_ARN is no JSON object")
    return {str(name): str(value) for name, value in found.items()}
