"""Each caller has a rate limit of their own, kept in the database and shared by all functions.

At least a tenth of a minute's requests may come in a burst; the rest is spaced evenly. One caller's
burst never reduces the limit of another. When the database is too slow to decide, requests pass.
"""

import math
from dataclasses import dataclass
from http import HTTPStatus

from deskhand.api.problem import Problem
from deskhand.logs import log
from deskhand.settings.environment import settings
from deskhand.store.connection import connection
from deskhand.store.throttle import Place, RateLimit, take

_BURST_SECONDS = 10


@dataclass(frozen=True)
class Allowance:
    """How many requests a caller may send at once, and how many remain after this one."""

    pace: RateLimit
    place: Place

    @property
    def headers(self) -> dict[str, str]:
        """RateLimit-Policy and RateLimit, as draft-ietf-httpapi-ratelimit-headers names them."""
        quota = math.floor(self.pace.ahead / self.pace.seconds + 1e-9)
        left = math.floor((self.pace.ahead - self.place.lead) / self.pace.seconds + 1e-9)
        return {
            "RateLimit-Policy": f'"pace";q={quota};w={math.ceil(self.pace.ahead)}',
            "RateLimit": f'"pace";r={max(0, left)};t={max(0, math.ceil(self.place.lead))}',
        }

    @property
    def retry_after(self) -> int:
        """Seconds until the next request will be granted."""
        return max(1, math.ceil(self.place.lead - self.pace.ahead + self.pace.seconds))


def take_token(caller: str) -> Allowance | None:
    """The caller's allowance after this request; None when there is no limit.

    Raises a 429 Problem for a caller over the limit.
    """
    a_minute = settings().requests_per_minute
    if not a_minute:
        return None
    seconds = 60 / a_minute
    pace = RateLimit(seconds, max(_BURST_SECONDS, seconds))
    with connection() as conn:
        place = take(conn, caller, pace)
    if place is None:
        log.warning("too slow to limit")
        return None
    allowance = Allowance(pace, place)
    if not place.granted:
        raise Problem(
            HTTPStatus.TOO_MANY_REQUESTS,
            "too many requests; please slow down",
            headers={"Retry-After": str(allowance.retry_after), **allowance.headers},
        )
    return allowance
