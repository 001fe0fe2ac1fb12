"""The type of an invariant."""

from dataclasses import dataclass
from typing import LiteralString


@dataclass(frozen=True)
class Invariant:
    """One promise. `offenders` selects the `id` of whatever breaks it, never any text of a ticket.

    It holds at any moment, also under load; with `at_rest` only when no work is in progress.
    """

    name: str
    promise: str
    offenders: LiteralString
    at_rest: bool = False
