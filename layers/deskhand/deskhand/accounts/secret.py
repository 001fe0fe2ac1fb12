"""The signing keys' secret in Secrets Manager."""

import json

from deskhand.accounts.signing_keys import KeySet
from deskhand.settings.environment import settings
from deskhand.settings.secrets_manager import (
    SecretMissing,
    SecretUnavailable,
    secrets_manager,
    text_of,
)


class KeysUnavailable(Exception):
    """The secret cannot be read; the message names the reason only."""


def load() -> KeySet:
    """The keys in the secret, empty while it is new; raises KeysUnavailable."""
    try:
        text = text_of(settings().need("signing_keys_secret_arn"))
    except SecretMissing:
        return {"keys": []}
    except SecretUnavailable as error:
        raise KeysUnavailable(str(error)) from None
    keys: KeySet = json.loads(text)
    return keys


def save(keys: KeySet) -> None:
    """Stores the keys as the secret's newest version."""
    arn = settings().need("signing_keys_secret_arn")
    secrets_manager().put_secret_value(SecretId=arn, SecretString=json.dumps(keys))
