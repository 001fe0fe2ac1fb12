"""A database filled with a year of tickets by set-based SQL: their events, facts and sums too."""

from collections.abc import Iterator
from contextlib import contextmanager

from deskhand.store.connection import Connection, open_connection
from deskhand.store.migrate import migrate
from embedded.postgres import Server

_BATCH = 20_000
# Of the newest few tickets some are open; one in fifty failed, one in a hundred has a rare tag.
_TICKETS = """
    INSERT INTO tickets (id, kind, caller, customer_id, subject, body, department, tags, channel,
        status, title, category, request_type, priority, confidence, needs_review, due_at,
        escalation_level, assignee, ai_status, created_at, updated_at)
    SELECT (lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0') || '7'
               || lpad(to_hex(n %% 4096), 3, '0') || '8' || lpad(to_hex(n), 15, '0'))::uuid,
           (ARRAY['ticket', 'incident'])[1 + (n %% 50 = 0)::int], 'caller-' || n %% 500,
           'customer-' || n * 31 %% 20000, 'Subject ' || n || ' ' || words[1 + n %% 20],
           words[1 + n %% 20] || ' ' || words[1 + n / 20 %% 20] || ' stopped working today ' || n,
           CASE WHEN n %% 3 = 0 THEN 'department-' || n %% 40 END,
           ARRAY['tag-' || n %% 20] || CASE WHEN n %% 100 = 7 THEN ARRAY['rare'] ELSE '{}' END,
           (ARRAY['api', 'mail', 'portal'])[1 + n %% 3],
           CASE WHEN n %% 20 = 0 THEN (ARRAY['open', 'pending', 'hold'])[1 + n / 20 %% 3]
                WHEN n %% 3 = 0 THEN 'solved' ELSE 'closed' END, 't', 'category-' || n %% 12,
           'type-' || n %% 60, (ARRAY['low', 'medium', 'medium', 'high', 'critical'])[1 + n %% 5],
           0.3 + (n::bigint * 7919 %% 700) / 1000.0, n %% 10 = 3, at + interval '1 day',
           (n %% 200 = 1)::int, CASE WHEN n %% 2 = 0 THEN 'agent-' || n %% 50 END, 'COMPLETED',
           at, at
    FROM generate_series(1, %(count)s) AS n,
         LATERAL (SELECT now() - interval '1 hour'
                         - interval '365 days' * (1 - n / %(count)s::float8) AS at) AS moment,
         LATERAL (SELECT ARRAY['printer', 'laptop', 'vpn', 'mail', 'screen', 'phone', 'badge',
             'licence', 'keyboard', 'server', 'backup', 'router', 'invoice', 'password', 'token',
             'camera', 'desk', 'mouse', 'cable', 'projector'] AS words) AS said
"""
_WORDS = "UPDATE tickets SET search = words_of(subject, body), search_version = 1"
_RUNS = """
    INSERT INTO runs (ticket_id, request_id, status, created_at, started_at, finished_at, error)
    SELECT id, 'r', CASE WHEN failed THEN 'FAILED' ELSE 'COMPLETED' END, created_at, created_at,
           created_at + interval '20 seconds', CASE WHEN failed THEN 'Broken' END
    FROM (SELECT *, category = 'category-1' AND escalation_level > 0 AS failed FROM tickets) AS t
"""
_EVENTS = """
    INSERT INTO events (ticket_id, kind, actor, data, at)
    SELECT t.id, e.kind, e.actor, e.data, t.created_at + e.later
    FROM tickets t, LATERAL (VALUES
        ('ticket.created', 'caller', '{}'::jsonb, interval '0'),
        ('run.completed', 'workflow', '{"seconds": 20}', interval '20 seconds'),
        ('ticket.status', 'workflow', '{"old": "new", "new": "open"}', interval '20 seconds'),
        ('ticket.status', coalesce(t.assignee, 'agent-1'), '{"old": "open", "new": "solved"}',
         (1 + 40 * random()) * interval '1 hour')
    ) AS e(kind, actor, data, later)
    WHERE e.data <> '{"old": "open", "new": "solved"}' OR t.status IN ('solved', 'closed')
"""
_CLOCKS = """
    INSERT INTO ticket_clocks (ticket_id, response_promised, resolution_promised, response_due_at,
        response_seconds, resolution_seconds, last_resolution_seconds)
    SELECT id, true, true, created_at + interval '4 hours', took, took, took
    FROM tickets, LATERAL (SELECT CASE WHEN status IN ('solved', 'closed')
                           THEN 600 + 90000 * random() END AS took) AS solved
"""
_CALLS = """
    INSERT INTO model_calls (step, provider, model, prompt, prompt_version, started_at, latency_ms,
        requests, input_tokens, output_tokens, cost_usd, outcome, cached, fallback)
    SELECT 'classify', 'openai', 'm', 'p', '1', created_at, 900, 1, 800, 100, 0.0004, 'ok', false,
           false FROM tickets
"""


@contextmanager
def filled(count: int, *, counted: bool, folded: bool = True) -> Iterator[Connection]:
    """A connection to a server with that many tickets; `counted`: with all that analytics reads,
    unless it is not `folded` yet."""
    with Server.temporary() as server, open_connection(server.dsn, wait_seconds=None) as conn:
        migrate(conn)
        conn.execute("SET statement_timeout = 0")
        # They would write the events of runs, a row at a time.
        conn.execute("ALTER TABLE runs DISABLE TRIGGER USER")
        for statement in (
            _TICKETS,
            _WORDS,
            _RUNS,
            *((_EVENTS, _CLOCKS, _CALLS) if counted else ()),
        ):
            conn.execute(statement, {"count": count})
        conn.execute("ALTER TABLE runs ENABLE TRIGGER USER")
        conn.execute("VACUUM ANALYZE")
        if counted and folded:
            _count(conn)
            conn.execute("VACUUM ANALYZE ticket_facts, daily_figures")
        yield conn


def _count(conn: Connection) -> None:
    """The facts of all tickets, and the sums once at the end."""
    conn.execute(
        "UPDATE analytics_state SET time_zone = 'Europe/Berlin', folded_at = now(), unfilled = NULL"
    )
    conn.execute("INSERT INTO ticket_facts SELECT * FROM facts_of(ARRAY(SELECT id FROM tickets))")
    conn.execute("ANALYZE ticket_facts")
    conn.execute(
        """
        INSERT INTO daily_figures (figure, day, part, bucket, n)
        SELECT g.figure, g.day, g.part, g.bucket, count(*)
        FROM ticket_facts AS f CROSS JOIN LATERAL sums_of(f, 'Europe/Berlin') AS g
        GROUP BY g.figure, g.day, g.part, g.bucket ORDER BY g.day, g.figure, g.part, g.bucket
        """
    )
    conn.execute(
        "UPDATE metric_watermark SET folded_before = pg_snapshot_xmin(pg_current_snapshot())"
    )
