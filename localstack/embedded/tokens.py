"""Access tokens for the local stack, signed with a key that never leaves the instance's folder."""

import json
import os
import time
import uuid
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from jwt.algorithms import OKPAlgorithm

from embedded.errors import EmbeddedError

ROLES = ("admin", "agent", "customer", "service")
_ALGORITHM = "EdDSA"
_KEY_ID = "local"
_SECONDS = 15 * 60


def public_keys(state: Path) -> str:
    """Return the JWKS document of the instance, whose private key is made on first use."""
    key = json.loads(OKPAlgorithm.to_jwk(_private_key(state).public_key()))
    return json.dumps({"keys": [{**key, "kid": _KEY_ID, "alg": _ALGORITHM, "use": "sig"}]})


def token(state: Path, subject: str, role: str) -> str:
    """Return a token for fifteen minutes."""
    if role not in ROLES:
        raise EmbeddedError(f"ROLE={role} is none of {', '.join(ROLES)}")
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
    return signed(state, claims)


def signed(state: Path, claims: dict[str, Any]) -> str:
    """Return a token that says just this, right or wrong."""
    header = {"kid": _KEY_ID, "typ": "at+jwt"}
    return jwt.encode(claims, _private_key(state), algorithm=_ALGORITHM, headers=header)


def _private_key(state: Path) -> Ed25519PrivateKey:
    path = state / "token_key.pem"
    if not path.exists():
        state.mkdir(parents=True, exist_ok=True)
        pem = Ed25519PrivateKey.generate().private_bytes(
            Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
        )
        # Readable by its owner only from the first moment on.
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(pem)
    key = load_pem_private_key(path.read_bytes(), None)
    if not isinstance(key, Ed25519PrivateKey):
        raise EmbeddedError(f"{path} is no Ed25519 key: remove it")
    return key
