-- For the work of people: search, assign, edit, delete, and recover failed work.

ALTER TABLE tickets
    ADD COLUMN assignee         text CHECK (char_length(assignee) BETWEEN 1 AND 100),
    ADD COLUMN escalation_level integer NOT NULL DEFAULT 0 CHECK (escalation_level >= 0),
    -- Who set a triaged field: {"priority": "human"}, "rule" or "ai"; absent while it is not set.
    ADD COLUMN provenance       jsonb NOT NULL DEFAULT '{}',
    -- The number of edits of subject and body, so that triage of an older text is not stored.
    ADD COLUMN text_version     integer NOT NULL DEFAULT 1;
UPDATE tickets SET provenance = jsonb_build_object(
    'category', 'ai', 'request_type', 'ai', 'priority', 'rule', 'summary', 'ai',
    'needs_review', 'ai') WHERE category IS NOT NULL;
UPDATE tickets SET provenance = provenance || '{"title": "rule", "route": "rule", "due_at": "rule"}'
WHERE title IS NOT NULL;

CREATE INDEX tickets_of_a_caller ON tickets (caller, id);
CREATE INDEX tickets_by_assignee ON tickets (assignee, id) WHERE assignee IS NOT NULL;
-- The words for searches. The cost is stated because Postgres takes to_tsvector for a thousand
-- times cheaper than it is, and would read a hundred thousand texts instead of their index.
CREATE FUNCTION words_of(subject text, body text) RETURNS tsvector
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE COST 20000 AS $$
BEGIN
    RETURN to_tsvector('pg_catalog.english', subject || ' ' || body);
END $$;
CREATE INDEX tickets_search ON tickets USING gin (words_of(subject, body));

-- For deletions of a ticket or a run, which look up the rows that refer to it.
CREATE INDEX tickets_by_original ON tickets (duplicate_of) WHERE duplicate_of IS NOT NULL;
CREATE INDEX events_of_a_run ON events (run_id) WHERE run_id IS NOT NULL;
CREATE INDEX outbox_of_a_ticket ON outbox (ticket_id);

-- The whole first answer is stored, also of requests that create no ticket. A fingerprint is
-- compared only with one of the same version.
ALTER TABLE idempotency_keys
    ALTER COLUMN ticket_id DROP NOT NULL,
    ADD COLUMN status              smallint NOT NULL DEFAULT 202,
    ADD COLUMN fingerprint_version smallint NOT NULL DEFAULT 1;
-- A deleted ticket also deletes the keys that were derived from its content.
CREATE INDEX idempotency_keys_of_a_ticket ON idempotency_keys (ticket_id);

-- Attempts before an operator's last replay, after which a run has all its attempts again.
ALTER TABLE runs ADD COLUMN written_off integer NOT NULL DEFAULT 0 CHECK (written_off < attempt);
CREATE INDEX failed_runs ON runs (current_step, error, id) WHERE status = 'FAILED';
-- Failed runs that no later run of the same ticket has replaced.
CREATE VIEW failures AS
    SELECT id AS run_id, ticket_id, attempt, coalesce(current_step, 'dispatch') AS step, error,
           reason, finished_at
    FROM runs
    WHERE status = 'FAILED' AND NOT EXISTS (
        SELECT FROM runs AS newer WHERE newer.ticket_id = runs.ticket_id AND newer.id > runs.id);

-- Actions that leave no other trace. A row stays when the ticket is deleted, so it holds no text.
CREATE TABLE audit (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    action     text NOT NULL,
    actor      text NOT NULL,
    ticket_id  uuid,
    request_id text NOT NULL,
    data       jsonb NOT NULL DEFAULT '{}',
    at         timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX audit_of_a_ticket ON audit (ticket_id);
