-- Attribution: runs that read a helpdesk's requests and sort them by the catalog.

-- A run of another workflow than triage has no ticket, and neither have its messages and events.
ALTER TABLE runs
    ALTER COLUMN ticket_id DROP NOT NULL,
    ADD COLUMN workflow text NOT NULL DEFAULT 'triage'
        CHECK (workflow IN ('triage', 'attribution')),
    ADD CHECK ((workflow = 'triage') = (ticket_id IS NOT NULL));
ALTER TABLE outbox ALTER COLUMN ticket_id DROP NOT NULL;
ALTER TABLE events ALTER COLUMN ticket_id DROP NOT NULL;
CREATE UNIQUE INDEX one_open_run_a_workflow ON runs (workflow)
    WHERE workflow <> 'triage' AND status IN ('PENDING', 'IN_PROGRESS');
CREATE INDEX runs_of_a_workflow ON runs (workflow, id) WHERE workflow <> 'triage';

-- Failed runs that no later run of the same ticket, or of the same workflow without tickets, has
-- replaced.
CREATE OR REPLACE VIEW failures AS
    SELECT id AS run_id, ticket_id, attempt, coalesce(current_step, 'dispatch') AS step, error,
           reason, finished_at
    FROM runs
    WHERE status = 'FAILED'
      AND NOT EXISTS (
          SELECT FROM runs AS newer
          WHERE newer.ticket_id = runs.ticket_id AND newer.id > runs.id)
      AND NOT EXISTS (
          SELECT FROM runs AS newer
          WHERE newer.workflow = runs.workflow AND newer.workflow <> 'triage'
            AND newer.id > runs.id);

-- What a run of attribution has beside the columns of every run.
CREATE TABLE attribution_runs (
    run_id          bigint PRIMARY KEY REFERENCES runs ON DELETE CASCADE,
    started_by      text NOT NULL, -- a caller, or 'schedule'
    -- Set when the requests are fetched.
    catalog_version text REFERENCES catalogs,
    fetched         integer CHECK (fetched >= 0),
    unreadable      integer CHECK (unreadable >= 0),
    faults          jsonb NOT NULL DEFAULT '[]' -- the first unreadable items: index and problem
);

-- A request of the helpdesk, as fetched, and what attribution made of it. Its id is data of the
-- helpdesk: two requests may have the same one, or none.
CREATE TABLE attribution_requests (
    run_id            bigint NOT NULL REFERENCES attribution_runs ON DELETE CASCADE,
    position          integer NOT NULL CHECK (position >= 0),
    batch             integer CHECK (batch >= 0), -- NULL: no model is asked about it
    helpdesk_id       text,
    short_description text,
    long_description  text,
    requester_email   text,
    given_category    text,
    given_type        text,
    given_sla_value   double precision,
    given_sla_unit    text,
    -- The result: what was given, with its empty fields filled.
    category          text,
    request_type      text,
    sla_value         double precision,
    sla_unit          text,
    outcome           text CHECK (outcome IN
                      ('complete', 'classified', 'rejected', 'conflict', 'missing', 'failed')),
    reason            text,
    -- Where the result comes from, if a provider was asked.
    provider          text,
    model             text,
    prompt_version    text,
    confidence        real CHECK (confidence BETWEEN 0 AND 1),
    evidence          jsonb NOT NULL DEFAULT '[]',
    PRIMARY KEY (run_id, position),
    CHECK (outcome IS NOT NULL OR batch IS NOT NULL),
    CHECK ((outcome IN ('rejected', 'conflict', 'missing', 'failed')) <= (reason IS NOT NULL))
);
CREATE INDEX attribution_requests_of_a_batch ON attribution_requests (run_id, batch);

-- The figures of a batch. Its outcome is the step's outcome, stored once; the costs of its calls
-- are in model_calls.
CREATE TABLE attribution_batches (
    run_id      bigint NOT NULL REFERENCES attribution_runs ON DELETE CASCADE,
    number      integer NOT NULL CHECK (number >= 0),
    outcome     text NOT NULL CHECK (outcome IN ('classified', 'failed')),
    reason      text,
    calls       integer NOT NULL CHECK (calls >= 0),
    splits      integer NOT NULL CHECK (splits >= 0), -- calls made because a larger one was bad
    sla_ignored integer NOT NULL CHECK (sla_ignored >= 0),
    PRIMARY KEY (run_id, number),
    CHECK ((outcome = 'failed') = (reason IS NOT NULL))
);
