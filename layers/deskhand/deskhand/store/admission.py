"""Admission of model calls: cache, breaker, budget and limiter decide in one round trip.

The statements run as one pipeline, which is one transaction. A statement of its own locks the row
of the model's gate, so that the next statement sees what the last holder of the lock wrote. Each
statement takes at most `PATIENCE_MS`; after an error the caller calls the model without these
guards.
"""

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from deskhand.store.connection import Connection

PATIENCE_MS = 200


def limit_statements(conn: Connection) -> None:
    """Limits each statement of the transaction to `PATIENCE_MS`.

    The commit does not wait for the disk: a crash loses only reservations and records of the last
    moment.
    """
    conn.execute(
        "SELECT set_config('statement_timeout', %(patience)s, true),"
        " set_config('synchronous_commit', 'off', true)",
        {"patience": f"{PATIENCE_MS}ms"},
    )


@dataclass(frozen=True)
class Pace:
    """A rate limit as time: a call takes `seconds`, and calls may run `ahead` seconds before an
    even pace.
    """

    seconds: float  # the share of a minute that this call uses
    ahead: float


@dataclass(frozen=True)
class CallRequest:
    """A model call to decide about; None turns off cache (`key`), rate limit or budget."""

    provider: str
    model: str
    key: bytes | None
    requests: Pace | None
    tokens: Pace | None
    cost_usd: float
    budget_usd: float | None
    open_seconds: float  # how long an open breaker waits before a probe
    lease_seconds: float  # how long a caller that died keeps the probe and the cache entry
    max_wait_seconds: float


@dataclass(frozen=True)
class Admission:
    """The decision about a request.

    `answer` is the cached answer; with `asked_elsewhere` another caller is asking the same now.
    Otherwise the call is `admitted` and may start after `delay` seconds, or it is refused: the
    breaker is `open`, the budget is `spent`, or the limiter's `delay` is too long. The result of a
    `probing` call closes or reopens the breaker. `day` is the day whose budget holds the
    reservation. The defaults admit a call without a reservation (`reserved` is False).
    """

    admitted: bool = True
    reserved: bool = False
    answer: str | None = None
    asked_elsewhere: bool = False
    open: bool = False
    spent: bool = False
    delay: float = 0.0
    probing: bool = False
    day: date | None = field(default=None, compare=False)


def admit(conn: Connection, request: CallRequest, *, alone: bool = False) -> Admission:
    """Decides about a request, and makes its reservations when it is admitted.

    With `alone` it does not matter that another caller is asking the same. Call it outside a
    transaction.
    """
    row = _decision(conn, request, alone)
    if row["known"]:
        answer = row["answer"]
        return Admission(admitted=False, answer=answer, asked_elsewhere=answer is None)
    return Admission(
        admitted=row["admitted"],
        reserved=row["admitted"],
        open=row["open"],
        spent=row["spent"],
        delay=row["delay"],
        probing=row["admitted"] and row["probing"],
        day=row["day"],
    )


def _decision(conn: Connection, request: CallRequest, alone: bool) -> dict[str, Any]:
    parameters = {
        **vars(request),
        "alone": alone,
        "request_seconds": request.requests.seconds if request.requests else 0,
        "request_ahead": request.requests.ahead if request.requests else None,
        "token_seconds": request.tokens.seconds if request.tokens else 0,
        "token_ahead": request.tokens.ahead if request.tokens else None,
    }
    with conn.pipeline():
        limit_statements(conn)
        # The rows must exist before they are locked, or two first calls would decide at the same
        # time.
        conn.execute(_ENSURE_GATE, parameters)
        conn.execute(_LOCK_GATE, parameters)
        if request.budget_usd is not None:
            conn.execute(_ENSURE_DAY)
            conn.execute(_LOCK_DAY)
        decided = conn.execute(_DECIDE, parameters)
    return decided.fetchone() or {}


_ENSURE_GATE = """
INSERT INTO model_gates (provider, model) VALUES (%(provider)s, %(model)s)
ON CONFLICT DO NOTHING
"""

_LOCK_GATE = """
SELECT FROM model_gates
WHERE provider = %(provider)s AND model = %(model)s
  AND NOT EXISTS (SELECT FROM model_cache
                  WHERE key = %(key)s AND expires_at > now() AND answer IS NOT NULL)
FOR NO KEY UPDATE
"""

_ENSURE_DAY = """
INSERT INTO model_days (day) VALUES ((now() AT TIME ZONE 'UTC')::date) ON CONFLICT DO NOTHING
"""

_LOCK_DAY = """
SELECT FROM model_days WHERE day = (now() AT TIME ZONE 'UTC')::date FOR NO KEY UPDATE
"""

_DECIDE = """
WITH judged AS MATERIALIZED (
    SELECT at, c.key IS NOT NULL AS known, c.answer, opened_at IS NOT NULL AS probing,
           coalesce(greatest(opened_at + make_interval(secs => %(open_seconds)s), probe_until) > at,
                    false) AS open,
           coalesce(coalesce(d.cost_usd, 0) + %(cost_usd)s > %(budget_usd)s, false) AS spent,
           greatest(0, extract(epoch FROM greatest(
               not_before,
               requests_due - make_interval(secs => %(request_ahead)s),
               tokens_due - make_interval(secs => %(token_ahead)s)) - at))::float8 AS delay
    FROM (SELECT *, clock_timestamp() AS at FROM model_gates
          WHERE provider = %(provider)s AND model = %(model)s) AS gate
    LEFT JOIN model_days d ON d.day = (now() AT TIME ZONE 'UTC')::date
    LEFT JOIN model_cache c ON c.key = %(key)s AND c.expires_at > now()
                            AND (c.answer IS NOT NULL OR NOT %(alone)s)
), admitted AS (
    UPDATE model_gates g SET
        requests_due = greatest(g.requests_due, at + make_interval(secs => delay))
                       + make_interval(secs => %(request_seconds)s),
        tokens_due = greatest(g.tokens_due, at + make_interval(secs => delay))
                     + make_interval(secs => %(token_seconds)s),
        probe_until = CASE WHEN probing THEN at + make_interval(secs => %(lease_seconds)s) END
    FROM judged
    WHERE g.provider = %(provider)s AND g.model = %(model)s
      AND NOT known AND NOT open AND NOT spent AND delay <= %(max_wait_seconds)s
    RETURNING at
), paid AS (
    INSERT INTO model_days AS d (day, cost_usd)
    SELECT (now() AT TIME ZONE 'UTC')::date, %(cost_usd)s
    FROM admitted WHERE %(budget_usd)s::float8 IS NOT NULL
    ON CONFLICT (day) DO UPDATE SET cost_usd = d.cost_usd + excluded.cost_usd
), taken AS (
    INSERT INTO model_cache (key, expires_at)
    SELECT %(key)s, at + make_interval(secs => %(lease_seconds)s)
    FROM admitted WHERE %(key)s::bytea IS NOT NULL
    ON CONFLICT (key) DO UPDATE
    SET answer = NULL, run_id = NULL, expires_at = excluded.expires_at
)
SELECT judged.*, EXISTS (SELECT FROM admitted) AS admitted, (now() AT TIME ZONE 'UTC')::date AS day
FROM judged
"""
