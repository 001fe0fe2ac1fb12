"""Bearer tokens, verified with the public keys in the configuration: no network call, no session.

The profile is RFC 9068 (`typ: at+jwt`) with the strictness of RFC 8725: one algorithm, only keys of
our own set, every claim required, a lifetime of at most fifteen minutes. Service tokens are not
JWTs: the database is asked about each, so revoking one takes effect at once.
"""

import json
from functools import cache
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, cast, get_args

from deskhand.api import opaque_tokens
from deskhand.api.access import Scope
from deskhand.api.caller import Caller
from deskhand.api.problem import Problem
from deskhand.settings.environment import Role, settings

if TYPE_CHECKING:
    from jwt import PyJWK

ISSUER = "deskhand"
AUDIENCE = "deskhand-api"
ALGORITHM = "EdDSA"
TYPE = "at+jwt"
MAX_SECONDS = 15 * 60
_LEEWAY_SECONDS = 30
_CLAIMS = ("iss", "aud", "sub", "role", "exp", "iat", "jti")
_MAX_SUBJECT = 100


def caller_of(authorization: list[str]) -> Caller:
    """The principal of the Authorization header; raises a 401 Problem when it is not valid.

    Without a header it is the anonymous principal, if ANONYMOUS_ROLE gives it a role.
    """
    if not authorization:
        if (role := settings().anonymous_role) != "":
            return Caller("anonymous", role)
        raise unauthorized_problem("send Authorization: Bearer and a token")
    scheme, _, token = authorization[0].partition(" ")
    if len(authorization) > 1 or scheme.lower() != "bearer":
        raise unauthorized_problem("send exactly one Authorization header, Bearer and a token")
    token = token.strip()
    if token.startswith(opaque_tokens.SERVICE):
        return _machine(token)
    return _principal(_claims(token))


def _machine(token: str) -> Caller:
    # Imported here: access tokens of people need no database.
    from deskhand.store.connection import connection
    from deskhand.store.service_tokens import find

    machine = None
    if len(token) == opaque_tokens.LENGTH:
        with connection() as conn:
            machine = find(conn, opaque_tokens.hash_of(token))
    if machine is None:
        raise unauthorized_problem("the service token is unknown, revoked or has expired")
    return Caller(f"service:{machine.id}", "service", frozenset(cast(list[Scope], machine.scopes)))


def _claims(token: str) -> dict[str, Any]:
    # Imported here: a function that never sees a token need not load the cryptography.
    import jwt

    try:
        header = jwt.get_unverified_header(token)
        key = _keys()[str(header["kid"])]
        if str(header.get("typ")).lower() != TYPE:
            raise unauthorized_problem("the token is not an access token")
        claims: dict[str, Any] = jwt.decode(
            token,
            key,
            algorithms=[ALGORITHM],
            issuer=ISSUER,
            audience=AUDIENCE,
            leeway=_LEEWAY_SECONDS,
            options={"require": list(_CLAIMS), "strict_aud": True},
        )
    except jwt.ExpiredSignatureError:
        raise unauthorized_problem("the token has expired") from None
    except (jwt.InvalidTokenError, KeyError):
        raise unauthorized_problem("the token is not valid") from None
    return claims


def _principal(claims: dict[str, Any]) -> Caller:
    subject, role = claims["sub"], claims["role"]
    known = isinstance(subject, str) and 0 < len(subject) <= _MAX_SUBJECT and "\x00" not in subject
    if not known or role not in get_args(Role):
        raise unauthorized_problem("the token is not valid")
    # PyJWT also accepts numbers written as text.
    if type(claims["exp"]) is not int or type(claims["iat"]) is not int:
        raise unauthorized_problem("the token is not valid")
    if claims["exp"] - claims["iat"] > MAX_SECONDS:
        raise unauthorized_problem("the token lives too long")
    # A subject named like the anonymous principal must not become it.
    return Caller(f"user:{subject}", role)


@cache
def _keys() -> dict[str, "PyJWK"]:
    """The public keys by their id; empty when TOKEN_KEYS is empty."""
    from jwt import PyJWKSet

    text = settings().token_keys
    if not text:
        return {}
    return {str(key.key_id): key for key in PyJWKSet.from_dict(json.loads(text)).keys}


def unauthorized_problem(detail: str) -> Problem:
    """A 401 that says how to authenticate."""
    return Problem(
        HTTPStatus.UNAUTHORIZED, detail, headers={"WWW-Authenticate": 'Bearer realm="deskhand"'}
    )
