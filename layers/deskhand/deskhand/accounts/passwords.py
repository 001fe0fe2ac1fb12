"""Passwords: which ones are allowed, and how they are hashed (OWASP ASVS 6.2, Argon2id)."""

import unicodedata
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

SHORTEST, LONGEST = 8, 1_000
# OWASP's recommendation for Argon2id: 19 MiB, two passes, one lane.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)


def fault_of(password: str, email: str) -> str | None:
    """Why the password is not allowed for that account, or None. Any characters are allowed."""
    plain = _plain(password)
    if len(plain) < SHORTEST:
        return f"must have {SHORTEST} characters or more"
    if plain.casefold() in (email, email.partition("@")[0]):
        return "must not be the e-mail address"
    if plain.casefold() in _common():
        return "is one of the most common passwords"
    return None


def hash_password(password: str) -> str:
    """The PHC string to store: every character counts."""
    return _HASHER.hash(_plain(password))


def is_correct(stored: str | None, password: str) -> bool:
    """Whether the password matches; without a stored hash the same work is done, against timing
    attacks."""
    try:
        _HASHER.verify(stored or _of_nobody(), _plain(password))
    except (VerificationError, InvalidHashError):
        return False
    return stored is not None


def is_outdated(stored: str) -> bool:
    """Whether it was hashed with other parameters than today's."""
    return _HASHER.check_needs_rehash(stored)


@cache
def _of_nobody() -> str:
    return _HASHER.hash("nobody's password")


@cache
def _common() -> frozenset[str]:
    """Those of the 30,000 most common passwords that are long enough to be allowed otherwise."""
    # Imported here: half a megabyte that only new passwords need.
    from zxcvbn.frequency_lists import FREQUENCY_LISTS

    return frozenset(p for p in FREQUENCY_LISTS["passwords"] if len(p) >= SHORTEST)


def _plain(password: str) -> str:
    """The same characters regardless of how a keyboard composes them (NIST SP 800-63B, 3.1.1.2)."""
    return unicodedata.normalize("NFKC", password)
