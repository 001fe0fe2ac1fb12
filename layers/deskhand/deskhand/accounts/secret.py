"""The signing keys' secret in Secrets Manager."""

import json
from functools import cache
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from deskhand.accounts.signing_keys import KeySet
from deskhand.settings.environment import settings

if TYPE_CHECKING:
    from types_boto3_secretsmanager import SecretsManagerClient

_CONFIG = Config(connect_timeout=1, read_timeout=2, retries={"total_max_attempts": 2})


class KeysUnavailable(Exception):
    """The secret cannot be read; the message names the reason only."""


@cache
def secrets_manager() -> "SecretsManagerClient":
    """The client of this execution environment."""
    return boto3.client("secretsmanager", config=_CONFIG)


def load() -> KeySet:
    """The keys in the secret, empty while it is new; raises KeysUnavailable."""
    arn = settings().need("signing_keys_secret_arn")
    client = secrets_manager()
    try:
        text = client.get_secret_value(SecretId=arn)["SecretString"]
    except client.exceptions.ResourceNotFoundException:
        return {"keys": []}
    except (BotoCoreError, ClientError) as error:
        raise KeysUnavailable(type(error).__name__) from None
    keys: KeySet = json.loads(text)
    return keys


def save(keys: KeySet) -> None:
    """Stores the keys as the secret's newest version."""
    arn = settings().need("signing_keys_secret_arn")
    secrets_manager().put_secret_value(SecretId=arn, SecretString=json.dumps(keys))
