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
