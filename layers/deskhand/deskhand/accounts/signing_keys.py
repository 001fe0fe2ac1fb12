"""The keys that sign access tokens: a JWKS document with private parts, the newest key first.

It is stored in Secrets Manager. Functions receive the public parts in their configuration
(TOKEN_KEYS), so a new key signs only once it has been deployed everywhere: see `signing`.
"""

import json
import secrets
from datetime import UTC, datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from jwt.algorithms import OKPAlgorithm

type KeySet = dict[str, list[dict[str, Any]]]

# The signing key and the previous one, whose tokens may still be in use.
_KEPT = 2


def with_new_key(keys: KeySet) -> KeySet:
    """The set with a new key in front; only the newest of the old ones stays."""
    return {"keys": [_made(), *keys["keys"]][:_KEPT]}


def newest_key_only(keys: KeySet) -> KeySet:
    """The set with its newest key only: tokens of the others are refused once this is deployed."""
    return {"keys": keys["keys"][:1]}


def public(keys: KeySet) -> str:
    """The JWKS document to deploy as TOKEN_KEYS: nothing in it is secret."""
    shown = [{n: v for n, v in key.items() if n != "d"} for key in keys["keys"]]
    return json.dumps({"keys": shown}, separators=(",", ":"))


def _made() -> dict[str, Any]:
    key = json.loads(OKPAlgorithm.to_jwk(Ed25519PrivateKey.generate()))
    # The date helps people; the random part distinguishes two keys of one day.
    kid = f"{datetime.now(UTC):%Y%m%d}-{secrets.token_hex(4)}"
    return {**key, "kid": kid, "alg": "EdDSA", "use": "sig"}
