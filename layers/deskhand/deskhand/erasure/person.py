"""Whom an erasure is about: the names by which the tables know a person."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from deskhand.store.erasure import ERASED

_LONGEST = 320


class PersonInvalid(ValueError):
    """What was given cannot name a person."""


@dataclass(frozen=True)
class Person:
    """A person's names in lower case: addresses, ids of accounts, ids as a customer.

    The names are what `store.erasure` compares with.
    """

    names: tuple[str, ...]

    @property
    def addresses(self) -> list[str]:
        """Those of the names that are e-mail addresses."""
        return [name for name in self.names if "@" in name]

    @property
    def marks(self) -> dict[str, Any]:
        """The names as parameters of a statement: as names, as callers, and as patterns that find
        an address inside a text."""
        return {
            "names": list(self.names),
            "callers": [f"user:{name}" for name in self.names],
            "mentions": [_pattern(address) for address in self.addresses],
        }


def person_of(given: object) -> Person:
    """The person that an operator named; raises PersonInvalid."""
    if not isinstance(given, str) or not (name := given.strip().lower()):
        raise PersonInvalid("person: give an e-mail address, an account's id or a customer's id")
    if len(name) > _LONGEST or not name.isprintable():
        raise PersonInvalid(f"person: give at most {_LONGEST} printable characters")
    if name == ERASED:
        raise PersonInvalid(f"person: {ERASED} is what stands in the place of erased names")
    return Person(tuple(dict.fromkeys((name, _in_ascii(name)))))


def with_accounts(person: Person, accounts: Sequence[dict[str, Any]]) -> Person:
    """The same person with the ids and addresses of their accounts."""
    known = [str(account[member]) for account in accounts for member in ("id", "email")]
    return Person(tuple(dict.fromkeys((*person.names, *known))))


def _in_ascii(name: str) -> str:
    """An address as accounts store it: its domain in ASCII."""
    local, at, domain = name.rpartition("@")
    try:
        return local + at + domain.encode("idna").decode() if at else name
    except UnicodeError:
        return name


def _pattern(address: str) -> str:
    """Finds the address, but not within a longer one."""
    return rf"(?<![[:alnum:]._%+-]){re.escape(address)}(?![[:alnum:]-])"
