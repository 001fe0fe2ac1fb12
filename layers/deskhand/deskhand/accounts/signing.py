"""Access tokens (RFC 9068), signed with the newest key that every function can verify."""

import json
import time
import uuid
from functools import cache
from uuid import UUID

import jwt

from deskhand.accounts import secret
from deskhand.accounts.secret import KeysUnavailable
from deskhand.api import bearer
from deskhand.logs import log
from deskhand.refusals import Unavailable
from deskhand.settings.environment import settings


def access_token(account_id: UUID, role: str) -> str:
    """A token for fifteen minutes; raises Unavailable while there is no key to sign it with."""
    key = _signing_key()
    now = int(time.time())
    claims = {
        "iss": bearer.ISSUER,
        "aud": bearer.AUDIENCE,
        "sub": str(account_id),
        "role": role,
        "iat": now,
        "exp": now + bearer.MAX_SECONDS,
        "jti": str(uuid.uuid4()),
    }
    header = {"kid": str(key.key_id), "typ": bearer.TYPE}
    return jwt.encode(claims, key.key, algorithm=bearer.ALGORITHM, headers=header)


def public_keys() -> str:
    """The JWKS document that tokens can be verified with."""
    return settings().token_keys or '{"keys":[]}'


@cache
def _signing_key() -> jwt.PyJWK:
    try:
        keys = secret.load()["keys"]
    except KeysUnavailable as error:
        log.error("signing keys cannot be read", extra={"error": str(error)})
        raise _not_yet() from None
    deployed = {key["kid"] for key in json.loads(public_keys())["keys"]}
    for key in keys:
        if key["kid"] in deployed:
            return jwt.PyJWK(key)
    log.error("no signing key is deployed", extra={"in_secret": len(keys)})
    raise _not_yet()


def _not_yet() -> Unavailable:
    return Unavailable("nobody can log in: there is no signing key", retry_after=60)
