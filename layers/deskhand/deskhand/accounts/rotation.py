"""Renewing the signing keys in two steps: into the secret, then by a deployment to all functions.

Between the two the old key still signs, and afterwards its last tokens can still be verified.
"""

import json
from typing import Any

from deskhand.accounts import secret, signing_keys
from deskhand.accounts.signing_keys import KeySet
from deskhand.logs import log
from deskhand.settings.environment import settings


def rotate() -> dict[str, Any]:
    """Adds a new key if the newest key is deployed. Otherwise a deployed key would be lost."""
    now = secret.load()
    if now["keys"] and now["keys"][0]["kid"] not in _deployed():
        return _answer(now)
    return _stored(signing_keys.with_new_key(now))


def retire() -> dict[str, Any]:
    """Drops all keys but the newest, for use after a key has leaked."""
    return _stored(signing_keys.newest_key_only(secret.load()))


def _stored(made: KeySet) -> dict[str, Any]:
    secret.save(made)
    log.info("signing keys stored", extra={"kids": [key["kid"] for key in made["keys"]]})
    return _answer(made)


def _answer(made: KeySet) -> dict[str, Any]:
    """The template's parameter with the public parts, as a file of parameters has it."""
    return {"TokenKeys": signing_keys.public(made)}


def _deployed() -> set[str]:
    text = settings().token_keys
    return {str(key["kid"]) for key in json.loads(text)["keys"]} if text else set()
