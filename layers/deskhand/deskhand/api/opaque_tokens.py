"""Random tokens that are known by their hashes only: refresh and service tokens, invitations."""

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass
from typing import Literal

Kind = Literal["dhr_", "dhs_", "dhi_"]
REFRESH: Kind = "dhr_"
SERVICE: Kind = "dhs_"
INVITE: Kind = "dhi_"
_BYTES = 32
LENGTH = 4 + 43  # the prefix, and 32 bytes in base64 without padding


@dataclass(frozen=True)
class Opaque:
    """A new token and what is stored of it."""

    text: str
    hash: bytes


def new(kind: Kind) -> Opaque:
    """A token that nobody can guess; its prefix says what it is when it is found somewhere."""
    text = kind + secrets.token_urlsafe(_BYTES)
    return Opaque(text, hash_of(text))


def salt() -> bytes:
    """What makes the token that follows another one impossible to guess."""
    return secrets.token_bytes(_BYTES)


def successor(token: str, salt: bytes) -> Opaque:
    """The token that follows another one: always the same for the same salt."""
    digest = hmac.digest(salt, _bytes(token), "sha256")
    text = REFRESH + base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    return Opaque(text, hash_of(text))


def origin_of(token: str, *origin: str) -> bytes:
    """What a token's user is known by again; without the token it tells nothing about them."""
    return hmac.digest(_bytes(token), _bytes("\n".join(origin)), "sha256")


def hash_of(text: str) -> bytes:
    """What a token is known by; 256 random bits need no slow hash."""
    return hashlib.sha256(_bytes(text)).digest()


def _bytes(text: str) -> bytes:
    return text.encode(errors="surrogatepass")
