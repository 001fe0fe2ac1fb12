"""Records of model calls and their effects on gate, costs and cache, in one round trip."""

from dataclasses import dataclass
from datetime import date

from psycopg.types.json import Jsonb

from deskhand.store.admission import limit_statements
from deskhand.store.connection import Connection


@dataclass(frozen=True)
class Calls:
    """Where a step records its calls: its connection, its run and its name."""

    connection: Connection
    run_id: int | None
    step: str


@dataclass(frozen=True)
class Call:
    """One call; `outcome` is "ok" or the error's name. `reply` is kept for `reply_days`."""

    provider: str
    model: str
    prompt: str
    prompt_version: str
    latency_ms: int
    requests: int
    input_tokens: int
    output_tokens: int
    cost_usd: float | None
    outcome: str
    cached: bool
    fallback: bool
    reply: str | None
    reply_days: int


@dataclass(frozen=True)
class Effect:
    """The effect of a call on the model's gate and on the day's costs.

    The breaker opens when a window of `window_seconds` has at least `breaker_calls` calls and more
    than half of them `failed`. `request_seconds`, `token_seconds` and `cost_usd` are the use minus
    the reservation, so they can be negative. `day` is the day of the reservation; None is today.
    """

    provider: str
    model: str
    failed: bool
    probing: bool
    breaker_calls: int
    window_seconds: float
    request_seconds: float
    token_seconds: float
    cost_usd: float
    retry_seconds: float
    day: date | None = None


@dataclass(frozen=True)
class CacheEntry:
    """The answer for the cache; None releases the key for the next caller."""

    key: bytes
    answer: str | None
    hours: float


def record(calls: Calls, call: Call, effect: Effect | None, entry: CacheEntry | None) -> None:
    """Writes call, effect and cache entry, all or nothing. Call it outside a transaction."""
    conn = calls.connection
    with conn.pipeline():
        limit_statements(conn)
        if effect:
            conn.execute(_SETTLE_GATE, vars(effect))
            if effect.cost_usd:
                conn.execute(_SETTLE_DAY, vars(effect))
        if entry:
            statement = _RELEASE if entry.answer is None else _KEEP
            conn.execute(statement, {**vars(entry), "run_id": calls.run_id})
        conn.execute(_CALL, _columns(calls, call))


def reap(conn: Connection) -> int:
    """Deletes expired answers and replies, some thousand at most; returns how many."""
    answers = conn.execute(
        """
        DELETE FROM model_cache WHERE ctid = ANY (ARRAY(
            SELECT ctid FROM model_cache WHERE expires_at < now()
            ORDER BY expires_at LIMIT 5000 FOR UPDATE SKIP LOCKED))
        """
    ).rowcount
    replies = conn.execute(
        """
        DELETE FROM model_replies WHERE ctid = ANY (ARRAY(
            SELECT ctid FROM model_replies WHERE expires_at < now()
            ORDER BY expires_at LIMIT 5000 FOR UPDATE SKIP LOCKED))
        """
    ).rowcount
    return answers + replies


def _columns(calls: Calls, call: Call) -> dict[str, object]:
    columns = vars(call)
    data = Jsonb({name: columns[name] for name in _FIGURES})
    return {**columns, "run_id": calls.run_id, "step": calls.step, "data": data}


# The fields that go to the ticket's trail and that the metrics are computed from.
_FIGURES = (
    "provider",
    "model",
    "outcome",
    "cached",
    "fallback",
    "requests",
    "input_tokens",
    "output_tokens",
    "cost_usd",
    "latency_ms",
)


# One statement, so the old values are those under the row's lock. While the breaker is open only
# the probe counts: other calls began before it opened.
_SETTLE_GATE = """
UPDATE model_gates g SET
    requests_due = requests_due + make_interval(secs => %(request_seconds)s),
    tokens_due = tokens_due + make_interval(secs => %(token_seconds)s),
    not_before = greatest(not_before, now() + make_interval(secs => %(retry_seconds)s)),
    (opened_at, probe_until, window_from, calls, failures) = (
        SELECT CASE move WHEN 'open' THEN now() WHEN 'close' THEN NULL ELSE g.opened_at END,
               CASE move WHEN 'leave' THEN g.probe_until END,
               CASE move WHEN 'count' THEN since ELSE now() END,
               CASE move WHEN 'count' THEN called ELSE 0 END,
               CASE move WHEN 'count' THEN failed ELSE 0 END
        FROM (
            SELECT since, called, failed, CASE
                WHEN g.opened_at IS NULL AND called >= %(breaker_calls)s AND 2 * failed > called
                    THEN 'open'
                WHEN g.opened_at IS NULL THEN 'count'
                WHEN NOT %(probing)s THEN 'leave'
                WHEN %(failed)s THEN 'open'
                ELSE 'close' END AS move
            FROM (
                SELECT CASE WHEN over THEN now() ELSE g.window_from END AS since,
                       CASE WHEN over THEN 0 ELSE g.calls END + 1 AS called,
                       CASE WHEN over THEN 0 ELSE g.failures END + %(failed)s::int AS failed
                FROM (SELECT g.window_from + make_interval(secs => %(window_seconds)s)
                             <= now() AS over) AS window_
            ) AS counted
        ) AS judged
    )
WHERE provider = %(provider)s AND model = %(model)s
"""

_SETTLE_DAY = """
INSERT INTO model_days AS d (day, cost_usd)
VALUES (coalesce(%(day)s, (now() AT TIME ZONE 'UTC')::date), greatest(%(cost_usd)s, 0))
ON CONFLICT (day) DO UPDATE SET cost_usd = greatest(d.cost_usd + %(cost_usd)s::numeric, 0)
"""

# The run's ticket may have been deleted meanwhile: then nothing that quotes it is kept.
_KEEP = """
INSERT INTO model_cache (key, answer, run_id, expires_at)
SELECT %(key)s, %(answer)s, %(run_id)s, now() + make_interval(secs => %(hours)s * 3600)
WHERE %(run_id)s::bigint IS NULL OR EXISTS (SELECT FROM runs WHERE id = %(run_id)s)
ON CONFLICT (key) DO UPDATE
SET answer = excluded.answer, run_id = excluded.run_id, expires_at = excluded.expires_at
"""

_RELEASE = "DELETE FROM model_cache WHERE key = %(key)s AND answer IS NULL"

_CALL = """
WITH run AS (
    SELECT id, ticket_id FROM runs WHERE id = %(run_id)s
), call AS (
    INSERT INTO model_calls (run_id, step, provider, model, prompt, prompt_version, started_at,
                             latency_ms, requests, input_tokens, output_tokens, cost_usd, outcome,
                             cached, fallback)
    VALUES ((SELECT id FROM run), %(step)s, %(provider)s, %(model)s, %(prompt)s, %(prompt_version)s,
            clock_timestamp() - make_interval(secs => %(latency_ms)s / 1000.0), %(latency_ms)s,
            %(requests)s, %(input_tokens)s, %(output_tokens)s, %(cost_usd)s, %(outcome)s,
            %(cached)s, %(fallback)s)
    RETURNING id
), reply AS (
    INSERT INTO model_replies (call_id, run_id, reply, expires_at)
    SELECT call.id, run.id, %(reply)s, now() + make_interval(days => %(reply_days)s)
    FROM call, run WHERE %(reply)s::text IS NOT NULL AND %(reply_days)s > 0
)
INSERT INTO events (ticket_id, run_id, kind, actor, step, data)
SELECT ticket_id, id, 'model.called', 'workflow', %(step)s, %(data)s FROM run
"""
