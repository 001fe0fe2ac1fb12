"""Access tokens for the local stack, signed with a key that stays in the instance's folder."""

import json
import os
import time
import uuid
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from jwt.algorithms import OKPAlgorithm

from embedded.errors import EmbeddedError
from embedded.values import alternatives

ROLES = ("admin", "agent", "customer", "service")
_ALGORITHM = "EdDSA"
_FILE = "signing_keys.json"
_FIRST = {"kid": "local", "alg": _ALGORITHM, "use": "sig"}
_SECONDS = 15 * 60


def public_keys(state: Path) -> str:
    """Return the instance's JWKS document; makes its first key on first use."""
    shown = [{n: v for n, v in key.items() if n != "d"} for key in _keys(state)]
    return json.dumps({"keys": shown})


def secret(state: Path) -> str:
    """Return the keys with their private parts, in the format of the signing keys' secret."""
    return json.dumps({"keys": _keys(state)})


def keep(state: Path, text: str) -> None:
    """Store the secret's content on disk: LocalStack forgets its secrets whenever it stops."""
    write_secret(state / _FILE, text)


def write_secret(path: Path, text: str) -> None:
    """Write a file that only its owner may read."""
    new = path.with_name(f"{path.name}.new")
    path.parent.mkdir(parents=True, exist_ok=True)
    new.unlink(missing_ok=True)
    # Created with this mode, so the file is never readable by others.
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    new.replace(path)


def token(state: Path, subject: str, role: str) -> str:
    """Return a token that is valid for fifteen minutes."""
    return token_by(_keys(state), subject, role)


def token_by(keys: list[dict[str, Any]], subject: str, role: str) -> str:
    """Return the same, signed with the newest of these keys."""
    if role not in ROLES:
        raise EmbeddedError(f"ROLE={role}: choose {alternatives(ROLES)}")
    now = int(time.time())
    claims = {
        "iss": "deskhand",
        "aud": "deskhand-api",
        "sub": subject,
        "role": role,
        "iat": now,
        "exp": now + _SECONDS,
        "jti": str(uuid.uuid4()),
    }
    return _signed(keys, claims)


def sign(state: Path, claims: dict[str, Any]) -> str:
    """Return a token with exactly these claims, valid or not."""
    return _signed(_keys(state), claims)


def _signed(keys: list[dict[str, Any]], claims: dict[str, Any]) -> str:
    if not keys:
        raise EmbeddedError("there is no signing key yet: run `make rotate-keys`")
    key = jwt.PyJWK(keys[0])
    header = {"kid": str(key.key_id), "typ": "at+jwt"}
    return jwt.encode(claims, key.key, algorithm=_ALGORITHM, headers=header)


def _keys(state: Path) -> list[dict[str, Any]]:
    """Return the keys, newest first, as the rotate_keys function writes them."""
    path = state / _FILE
    if not path.exists():
        key = json.loads(OKPAlgorithm.to_jwk(Ed25519PrivateKey.generate()))
        keep(state, json.dumps({"keys": [{**key, **_FIRST}]}))
    keys: list[dict[str, Any]] = json.loads(path.read_text())["keys"]
    return keys
