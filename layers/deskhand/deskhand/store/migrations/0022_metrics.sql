-- Metrics beside the event log, and the trace of a request on its way through the workflow.

-- What is counted and has no event: requests, refused logins, judgements. Whoever counts adds a row
-- in the transaction of what happened; the next fold moves all rows into metric_totals.
CREATE TABLE metric_increments (
    sample text NOT NULL,
    labels jsonb NOT NULL DEFAULT '{}',
    value  double precision NOT NULL
);

-- Fewer buckets, of those that there were, so the counts stay exact.
DELETE FROM metric_totals
WHERE sample = 'workflow_step_duration_seconds_bucket'
      AND labels ->> 'le' NOT IN ('0.25', '2.5', '20', 'Infinity');
DELETE FROM metric_totals
WHERE sample = 'ticket_processing_duration_seconds_bucket'
      AND labels ->> 'le' NOT IN ('1', '5', '60', '300', 'Infinity');

ALTER TABLE metric_totals
    -- The value that was sent to CloudWatch last, which takes the increase.
    ADD COLUMN reported double precision NOT NULL DEFAULT 0;

-- The X-Amzn-Trace-Id of the request that began the run; NULL: it had none.
ALTER TABLE runs ADD COLUMN trace text CHECK (char_length(trace) <= 256);
