"""Turns a limit per minute into an even pace with a small burst.

A tenth of the limit may come at once; the rest is spaced so that no interval of a minute exceeds
the limit. This costs a tenth of the throughput under constant load.
"""

from deskhand.store.admission import Pace

_BURST = 0.1


def of_requests(limit: int) -> Pace | None:
    """The pace of `limit` calls per minute, never exceeded in any minute; None when `limit` is
    0."""
    if not limit:
        return None
    burst = max(1, int(limit * _BURST))
    seconds = 60 / (limit - burst + 1)
    return Pace(seconds, ahead=(burst - 1) * seconds)


def of_tokens(limit: int, tokens: int) -> Pace | None:
    """The pace of a call of `tokens` under a limit of `limit` per minute; None when there is no
    limit.

    A call larger than the burst waits until earlier calls are paid off, and later calls wait for
    the part above the burst. So a minute may exceed the limit by that part of one call.
    """
    if not limit:
        return None
    a_second = limit * (1 - _BURST) / 60
    room = limit * _BURST / a_second
    seconds = tokens / a_second
    return Pace(seconds, ahead=room - min(seconds, room))
