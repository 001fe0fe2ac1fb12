-- A run of attribution counts its requests as their batches are settled, so a list of runs reads one
-- row of each. What a batch took is its step's outcome; the calls of models are in model_calls.
ALTER TABLE attribution_runs
    ADD COLUMN batches        integer NOT NULL DEFAULT 0 CHECK (batches >= 0),
    ADD COLUMN batches_done   integer NOT NULL DEFAULT 0 CHECK (batches_done BETWEEN 0 AND batches),
    ADD COLUMN batches_failed integer NOT NULL DEFAULT 0
        CHECK (batches_failed BETWEEN 0 AND batches_done),
    ADD COLUMN complete       integer NOT NULL DEFAULT 0 CHECK (complete >= 0),
    ADD COLUMN classified     integer NOT NULL DEFAULT 0 CHECK (classified >= 0),
    ADD COLUMN rejected       integer NOT NULL DEFAULT 0 CHECK (rejected >= 0),
    ADD COLUMN conflict       integer NOT NULL DEFAULT 0 CHECK (conflict >= 0),
    ADD COLUMN missing        integer NOT NULL DEFAULT 0 CHECK (missing >= 0),
    ADD COLUMN failed         integer NOT NULL DEFAULT 0 CHECK (failed >= 0),
    ADD COLUMN splits         integer NOT NULL DEFAULT 0 CHECK (splits >= 0),
    ADD COLUMN sla_ignored    integer NOT NULL DEFAULT 0 CHECK (sla_ignored >= 0),
    ADD COLUMN providers      jsonb NOT NULL DEFAULT '[]'; -- those that answered, each once

-- A batch whose function could not run had no outcome; from now on it has one, like any other.
WITH settled AS (
    INSERT INTO step_outcomes (run_id, step, revision, attempt, verdict, result, seconds)
    SELECT b.run_id, 'classify_batch', b.number, r.attempt, jsonb_build_object(
               'outcomes', jsonb_build_object('failed', (
                   SELECT count(*) FROM attribution_requests q
                   WHERE q.run_id = b.run_id AND q.batch = b.number AND q.outcome = 'failed')),
               'splits', b.splits, 'sla_ignored', b.sla_ignored, 'reason', b.reason), '{}', 0
    FROM attribution_batches b JOIN runs r ON r.id = b.run_id
    ON CONFLICT DO NOTHING
    RETURNING *
)
INSERT INTO events (run_id, kind, actor, step, data)
SELECT run_id, 'step.succeeded', 'workflow', step, jsonb_build_object(
           'attempt', attempt, 'seconds', 0, 'outcome', 'succeeded', 'verdict', verdict)
FROM settled;

UPDATE attribution_runs a SET
    batches = q.batches, complete = q.complete, classified = q.classified, rejected = q.rejected,
    conflict = q.conflict, missing = q.missing, failed = q.failed, providers = q.providers
FROM (
    SELECT run_id, count(DISTINCT batch) AS batches,
           count(*) FILTER (WHERE outcome = 'complete') AS complete,
           count(*) FILTER (WHERE outcome = 'classified') AS classified,
           count(*) FILTER (WHERE outcome = 'rejected') AS rejected,
           count(*) FILTER (WHERE outcome = 'conflict') AS conflict,
           count(*) FILTER (WHERE outcome = 'missing') AS missing,
           count(*) FILTER (WHERE outcome = 'failed') AS failed,
           coalesce(jsonb_agg(DISTINCT jsonb_build_object('provider', provider, 'model', model))
                    FILTER (WHERE provider IS NOT NULL), '[]') AS providers
    FROM attribution_requests GROUP BY run_id
) q
WHERE a.run_id = q.run_id;

UPDATE attribution_runs a SET
    batches_done = b.done, batches_failed = b.failed, splits = b.splits,
    sla_ignored = b.sla_ignored
FROM (
    SELECT run_id, count(*) AS done, count(*) FILTER (WHERE outcome = 'failed') AS failed,
           sum(splits) AS splits, sum(sla_ignored) AS sla_ignored
    FROM attribution_batches GROUP BY run_id
) b
WHERE a.run_id = b.run_id;

DROP TABLE attribution_batches;
