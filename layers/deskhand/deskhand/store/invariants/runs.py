"""Invariants of runs: their attempts, outcomes, events and messages."""

from deskhand.store.invariants.invariant import Invariant
from deskhand.store.workflow import ATTRIBUTION, STEPS

_STEPS = ", ".join(
    f"('{step.name}', '{step.after}')" if step.after else f"('{step.name}', NULL)"
    for step in STEPS + ATTRIBUTION
)

RUNS = (
    Invariant(
        "message_for_each_attempt",
        "Every attempt of a run has one message in the outbox",
        """
        SELECT r.id FROM runs r LEFT JOIN outbox o ON o.run_id = r.id
        GROUP BY r.id HAVING count(o.attempt) <> r.attempt OR max(o.attempt) <> r.attempt
        """,
    ),
    Invariant(
        "attempt_begins_once",
        "Every attempt of a run began with exactly one event",
        """
        SELECT r.id FROM runs r LEFT JOIN events e
            ON e.run_id = r.id AND e.kind IN ('run.pending', 'run.next_attempt')
        GROUP BY r.id
        HAVING count(e.id) <> r.attempt OR count(DISTINCT e.data ->> 'attempt') <> r.attempt
        """,
    ),
    Invariant(
        "attempt_ends_once",
        "A finished run has exactly one end event, an open run has none, and no attempt has two",
        """
        WITH ended AS (
            SELECT run_id, (data ->> 'attempt')::int AS attempt, count(*) AS n, max(kind) AS kind
            FROM events WHERE kind IN ('run.completed', 'run.failed') GROUP BY 1, 2
        )
        SELECT r.id FROM runs r LEFT JOIN ended e ON e.run_id = r.id AND e.attempt = r.attempt
        WHERE coalesce(e.n, 0) <> (r.finished_at IS NOT NULL)::int
           OR e.kind <> 'run.' || lower(r.status)
        UNION
        SELECT r.id FROM runs r JOIN ended e ON e.run_id = r.id
        WHERE e.n > 1 OR e.attempt > r.attempt
        """,
    ),
    Invariant(
        "nothing_after_the_end",
        "No step of an attempt succeeded after the attempt had ended",
        """
        SELECT DISTINCT s.run_id AS id FROM events s JOIN events e
            ON e.run_id = s.run_id AND e.kind IN ('run.completed', 'run.failed')
            AND e.data ->> 'attempt' = s.data ->> 'attempt' AND e.id < s.id
        WHERE s.kind = 'step.succeeded'
        """,
    ),
    Invariant(
        "known_steps_in_order",
        "A run has outcomes of the workflow's steps only, each after the one it follows, and has"
        " been triaged or inherits a triage before its ticket is created",
        f"""
        SELECT o.run_id AS id
        FROM step_outcomes o
        LEFT JOIN (VALUES {_STEPS})
            AS path(step, follows) ON path.step = o.step
        LEFT JOIN step_outcomes f ON f.run_id = o.run_id AND f.step = path.follows
        WHERE path.step IS NULL OR (path.follows IS NOT NULL AND f.run_id IS NULL)
        UNION
        SELECT o.run_id FROM step_outcomes o
        WHERE o.step = 'create_ticket' AND NOT EXISTS (
            SELECT FROM step_outcomes t WHERE t.run_id = o.run_id
            AND (t.step = 'classify'
                 OR (t.step = 'link_duplicate' AND (t.verdict ->> 'inherited')::bool)))
        """,  # noqa: S608 - the names of our own steps
    ),
    Invariant(
        "outcome_of_an_attempt",
        "No outcome belongs to an attempt that its run has not reached",
        """
        SELECT o.run_id AS id FROM step_outcomes o JOIN runs r ON r.id = o.run_id
        WHERE o.attempt NOT BETWEEN 1 AND r.attempt
        """,
    ),
    Invariant(
        "outcome_has_its_event",
        "Every outcome of a step has exactly one step.succeeded event",
        """
        SELECT run_id AS id FROM (
            SELECT run_id, step, count(*) AS n FROM step_outcomes GROUP BY 1, 2) o
        FULL JOIN (
            SELECT run_id, step, count(*) AS n FROM events WHERE kind = 'step.succeeded'
            GROUP BY 1, 2) e USING (run_id, step)
        WHERE o.n IS DISTINCT FROM e.n
        """,
    ),
    Invariant(
        "completed_means_created",
        "A run is completed if and only if it has created the ticket for people",
        """
        SELECT r.id FROM runs r JOIN tickets t ON t.id = r.ticket_id
        LEFT JOIN step_outcomes o ON o.run_id = r.id AND o.step = 'create_ticket'
        WHERE (r.status = 'COMPLETED') <> (o.run_id IS NOT NULL)
           OR (r.status = 'COMPLETED' AND (t.title IS NULL OR t.status = 'new'))
        """,
    ),
    Invariant(
        "completed_means_reported",
        "A run of attribution is completed if and only if its report was sent",
        """
        SELECT r.id FROM runs r LEFT JOIN step_outcomes o
             ON o.run_id = r.id AND o.step = 'send_report'
        WHERE r.workflow = 'attribution' AND (r.status = 'COMPLETED') <> (o.run_id IS NOT NULL)
        """,
    ),
    Invariant(
        "request_is_settled",
        "A request has an outcome as soon as its batch has one, and before its run is completed",
        """
        SELECT q.run_id AS id
        FROM attribution_requests q JOIN runs r ON r.id = q.run_id
        LEFT JOIN step_outcomes o
             ON o.run_id = q.run_id AND o.step = 'classify_batch' AND o.revision = q.batch
        WHERE q.batch IS NOT NULL AND (q.outcome IS NULL) <> (o.run_id IS NULL)
           OR q.outcome IS NULL AND r.status = 'COMPLETED'
        GROUP BY q.run_id
        """,
    ),
    Invariant(
        "runs_count_their_requests",
        "The counts of a run of attribution are those of its requests and batches",
        """
        SELECT a.run_id AS id
        FROM attribution_runs a JOIN (
            SELECT run_id, count(*) AS read, count(DISTINCT batch) AS batches,
                   count(DISTINCT batch) FILTER (WHERE outcome IS NOT NULL) AS done,
                   count(*) FILTER (WHERE outcome = 'complete') AS complete,
                   count(*) FILTER (WHERE outcome = 'classified') AS classified,
                   count(*) FILTER (WHERE outcome = 'rejected') AS rejected,
                   count(*) FILTER (WHERE outcome = 'conflict') AS conflict,
                   count(*) FILTER (WHERE outcome = 'missing') AS missing,
                   count(*) FILTER (WHERE outcome = 'failed') AS failed
            FROM attribution_requests GROUP BY run_id
        ) q ON q.run_id = a.run_id
        WHERE (a.fetched - a.unreadable, a.batches, a.batches_done, a.complete, a.classified,
               a.rejected, a.conflict, a.missing, a.failed)
           IS DISTINCT FROM (q.read, q.batches, q.done, q.complete, q.classified,
                             q.rejected, q.conflict, q.missing, q.failed)
        """,
    ),
    Invariant(
        "outbox_is_drained",
        "Every message has been sent",
        "SELECT DISTINCT run_id AS id FROM outbox WHERE sent_at IS NULL",
        at_rest=True,
    ),
    Invariant(
        "no_run_is_open",
        "Every run has ended",
        "SELECT id FROM runs WHERE status IN ('PENDING', 'IN_PROGRESS')",
        at_rest=True,
    ),
)
