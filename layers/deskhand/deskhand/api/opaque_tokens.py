"""Random tokens that are known by their hashes only: refresh and service tokens, invitations."""

import hashlib
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


def hash_of(text: str) -> bytes:
    """What a token is known by; 256 random bits need no slow hash."""
    return hashlib.sha256(text.encode(errors="surrogatepass")).digest()
