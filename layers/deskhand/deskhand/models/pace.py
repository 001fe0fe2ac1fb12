"""A limit a minute as an even pace with a little room for bursts.

A tenth of the limit may come at once; the rest of the minute is paced so that no minute, wherever
it begins, sees more than the limit. The price is a tenth of the throughput under constant load.
"""

from deskhand.store.admission import Pace

_BURST = 0.1


def of_requests(limit: int) -> Pace | None:
    """The pace of `limit` calls a minute; 0 is no limit. No minute sees more calls than that."""
    if not limit:
        return None
    burst = max(1, int(limit * _BURST))
    seconds = 60 / (limit - burst + 1)
    return Pace(seconds, ahead=(burst - 1) * seconds)


def of_tokens(limit: int, tokens: int) -> Pace | None:
    """What `tokens` take of `limit` a minute.

    A call of more tokens than may come at once waits until nothing is owed, and owes the rest: a
    minute sees more than the limit by what one such call has too much.
    """
    if not limit:
        return None
    a_second = limit * (1 - _BURST) / 60
    room = limit * _BURST / a_second
    seconds = tokens / a_second
    return Pace(seconds, ahead=room - min(seconds, room))
