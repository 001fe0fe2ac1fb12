"""Random tokens of which only hashes are stored: refresh and service tokens, invitations."""

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
    """A new token and the hash to store."""

    text: str
    hash: bytes


def new(kind: Kind) -> Opaque:
    """A token that cannot be guessed; its prefix names its kind, for secret scanners and for
    people."""
    text = kind + secrets.token_urlsafe(_BYTES)
    return Opaque(text, hash_of(text))


def salt() -> bytes:
    """A random salt, so that the successor of a token cannot be guessed."""
    return secrets.token_bytes(_BYTES)


def successor(token: str, salt: bytes) -> Opaque:
    """The token that replaces `token`: always the same for the same salt."""
    digest = hmac.digest(salt, _bytes(token), "sha256")
    text = REFRESH + base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    return Opaque(text, hash_of(text))


def origin_of(token: str, *origin: str) -> bytes:
    """A keyed hash that recognises the user of a token; without the token it reveals nothing."""
    return hmac.digest(_bytes(token), _bytes("\n".join(origin)), "sha256")


def hash_of(text: str) -> bytes:
    """The hash of a token as it is stored; 256 random bits need no slow hash."""
    return hashlib.sha256(_bytes(text)).digest()


def _bytes(text: str) -> bytes:
    return text.encode(errors="surrogatepass")
