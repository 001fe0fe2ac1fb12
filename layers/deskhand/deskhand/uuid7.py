"""UUIDv7 (RFC 9562): ids that sort by the time they were made."""

import os
import time
from datetime import datetime
from uuid import UUID

_MILLISECOND = 1_000_000


def uuid7() -> UUID:
    """A new id: 48 bits of Unix milliseconds, 12 bits of their fraction, 62 random bits.

    The fraction (section 6.2, method 3 of the RFC) keeps ids of one process in order down to a
    quarter of a microsecond.
    """
    milliseconds, rest = divmod(time.time_ns(), _MILLISECOND)
    fraction = rest * 4096 // _MILLISECOND
    random = int.from_bytes(os.urandom(8)) >> 2
    return UUID(int=milliseconds << 80 | 0x7 << 76 | fraction << 64 | 0b10 << 62 | random)


def uuid7_at(moment: datetime) -> UUID:
    """The smallest id that can have been made in that millisecond."""
    return UUID(int=int(moment.timestamp() * 1000) << 80 | 0x7 << 76 | 0b10 << 62)
