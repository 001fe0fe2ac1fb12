-- Which tickets can add anything to the sums of the days since a moment: each kind of moment that
-- `figures_of` and `durations_of` count by, with an index for each.
CREATE FUNCTION touched_since(f ticket_facts, since timestamptz) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT f.created_at >= since OR f.deleted_at >= since OR f.done_at >= since
        OR f.solved_at[array_upper(f.solved_at, 1)] >= since
        OR f.closed_at[array_upper(f.closed_at, 1)] >= since
        OR f.reopened_at <> '{}' AND f.reopened_at[array_upper(f.reopened_at, 1)] >= since
        OR f.triaged_at >= since OR f.responded_at >= since OR f.review_asked_at >= since
        OR f.due_at >= since OR f.response_due_at >= since
        OR f.warned_at >= since OR f.breached_at >= since
$$;
CREATE INDEX facts_by_deletion ON ticket_facts (deleted_at) WHERE deleted_at IS NOT NULL;

-- What a ticket adds to the sums: its figures by day, and by week those that are divided into many
-- parts or lengths, so that a year of them is few rows. Only the times of promises have priorities.
CREATE FUNCTION sums_of(f ticket_facts, zone text)
    RETURNS TABLE (figure text, day date, part text, bucket smallint)
    LANGUAGE sql STABLE AS $$
    SELECT w.prefix || g.figure, w.day,
           CASE WHEN g.bucket >= 0
                     AND g.figure NOT IN ('seconds_to_response', 'seconds_to_resolution')
                THEN '' ELSE g.part END,
           g.bucket
    FROM figures_of(f, zone) AS g CROSS JOIN LATERAL (VALUES
        ('', g.day, true),
        ('week_', date_trunc('week', g.day)::date,
         g.bucket >= 0 OR g.figure ~ '_by_item$' OR g.figure IN ('solved_by', 'responses_by'))
    ) AS w(prefix, day, wanted)
    WHERE w.wanted
$$;
DELETE FROM daily_figures;
INSERT INTO daily_figures (figure, day, part, bucket, n)
SELECT s.figure, s.day, s.part, s.bucket, count(*)
FROM ticket_facts AS f CROSS JOIN analytics_state AS a
CROSS JOIN LATERAL sums_of(f, zone_of(f.ticket_id, a)) AS s
GROUP BY s.figure, s.day, s.part, s.bucket;

-- A stack has at most 300 series: requests are counted by classes of statuses, and the time of a
-- step that failed is summed up only.
DELETE FROM metric_totals
WHERE starts_with(sample, 'http_request_duration_seconds')
   OR sample = 'workflow_step_duration_seconds_bucket'
      AND labels ->> 'outcome' = 'failed' AND labels ->> 'le' <> 'Infinity';
DELETE FROM metric_increments WHERE starts_with(sample, 'http_request_duration_seconds');
