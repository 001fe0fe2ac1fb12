-- What /analytics counts: a row of facts for each ticket, and their sums by day.

-- The clock of a ticket as its last settlement found it. Working time follows from the catalog's
-- calendar, which only the functions can read.
CREATE TABLE ticket_clocks (
    ticket_id               uuid PRIMARY KEY REFERENCES tickets ON DELETE CASCADE,
    response_promised       boolean NOT NULL,
    resolution_promised     boolean NOT NULL,
    response_due_at         timestamptz, -- NULL: nothing is promised, or a pause keeps it open
    response_seconds        double precision, -- counted until the first response
    resolution_seconds      double precision, -- counted until the ticket was solved first
    last_resolution_seconds double precision, -- counted until it was solved last
    transaction_id          xid8 NOT NULL DEFAULT pg_current_xact_id()
);
CREATE INDEX ticket_clocks_by_transaction ON ticket_clocks (transaction_id);

-- How a change of status moves the number of open tickets; NULL: it does not.
CREATE FUNCTION flow_of(old text, new text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE
        WHEN old IN ('solved', 'closed') AND new IN ('new', 'open', 'pending', 'hold')
            THEN 'reopened'
        WHEN old IN ('new', 'open', 'pending', 'hold') AND new IN ('solved', 'closed') THEN new
    END
$$;

-- One row for each ticket. Of a deleted ticket only its flows and labels remain, without its id,
-- so that the numbers of earlier days still add up.
CREATE TABLE ticket_facts (
    ticket_id               uuid PRIMARY KEY, -- of a deleted ticket: a random one
    created_at              timestamptz NOT NULL,
    deleted_at              timestamptz,
    kind                    text NOT NULL,
    channel                 text NOT NULL,
    category                text,
    request_type            text,
    priority                text,
    status                  text NOT NULL,
    duplicate               boolean NOT NULL,
    unlinked                boolean NOT NULL, -- a person removed its link to an original
    linked_at               timestamptz, -- first link to an original
    triaged_at              timestamptz, -- end of the first completed run
    run_failed              boolean NOT NULL, -- the latest run failed
    unattended              boolean, -- triage asked for no review; NULL: it has not classified
    review_asked_at         timestamptz,
    review_decided_at       timestamptz,
    reassigned_at           timestamptz, -- a person first changed what triage had chosen
    responded_at            timestamptz, -- first act of a person
    responded_by            text,
    solved_at               timestamptz[] NOT NULL, -- each time it was solved
    solved_by               text[] NOT NULL, -- by whom, in the same order
    closed_at               timestamptz[] NOT NULL, -- each time it was closed without a solution
    reopened_at             timestamptz[] NOT NULL,
    done_at                 timestamptz, -- since when it is solved or closed
    due_at                  timestamptz,
    response_due_at         timestamptz,
    resolution_promised     boolean NOT NULL,
    response_promised       boolean NOT NULL,
    response_seconds        double precision,
    resolution_seconds      double precision,
    last_resolution_seconds double precision,
    warned_at               timestamptz,
    breached_at             timestamptz -- first breach
);
CREATE INDEX facts_by_creation ON ticket_facts (created_at);
CREATE INDEX facts_by_first_solution ON ticket_facts ((solved_at[1]));
CREATE INDEX facts_by_last_solution ON ticket_facts ((solved_at[array_upper(solved_at, 1)]));
CREATE INDEX facts_by_closing ON ticket_facts ((closed_at[array_upper(closed_at, 1)]));
CREATE INDEX facts_by_reopening ON ticket_facts ((reopened_at[array_upper(reopened_at, 1)]))
    WHERE reopened_at <> '{}';
CREATE INDEX facts_by_end ON ticket_facts (done_at);
CREATE INDEX facts_of_open_tickets ON ticket_facts (created_at)
    WHERE done_at IS NULL AND deleted_at IS NULL;
CREATE INDEX facts_by_due_time ON ticket_facts (due_at);
CREATE INDEX facts_by_response_due_time ON ticket_facts (response_due_at);
CREATE INDEX facts_by_response ON ticket_facts (responded_at);
CREATE INDEX facts_by_triage ON ticket_facts (triaged_at);
CREATE INDEX facts_by_review ON ticket_facts (review_asked_at) WHERE review_asked_at IS NOT NULL;
CREATE INDEX facts_by_breach ON ticket_facts (breached_at) WHERE breached_at IS NOT NULL;
CREATE INDEX facts_by_warning ON ticket_facts (warned_at) WHERE warned_at IS NOT NULL;

-- Sums over the facts by day of the desk. `bucket` is -1 for a count; of a duration it is the
-- length, each bucket 5 % longer than the one before.
CREATE TABLE daily_figures (
    figure text NOT NULL,
    day    date NOT NULL,
    part   text NOT NULL, -- what the sum is divided by: mostly the priority, '' where it has none
    bucket smallint NOT NULL,
    n      bigint NOT NULL,
    PRIMARY KEY (figure, day, part, bucket)
) WITH (fillfactor = 70);

-- Up to which moment facts and sums are complete, and by which clock days begin.
CREATE TABLE analytics_state (
    only_row   boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    time_zone  text NOT NULL DEFAULT 'UTC',
    folded_at  timestamptz, -- NULL: nothing was counted yet
    -- Tickets of before this migration are counted from the newest on; NULL: all are counted.
    unfilled   uuid
);
INSERT INTO analytics_state (unfilled) SELECT (SELECT id FROM tickets ORDER BY id DESC LIMIT 1);

CREATE INDEX escalations_by_time ON escalations (at);
CREATE INDEX model_calls_of_a_time ON model_calls (started_at)
    INCLUDE (cost_usd, cached, fallback, latency_ms, outcome);
DROP INDEX model_calls_by_time;

-- The facts of these tickets, from their rows and events.
CREATE FUNCTION facts_of(ids uuid[]) RETURNS SETOF ticket_facts LANGUAGE sql STABLE AS $$
    SELECT t.id, t.created_at, NULL::timestamptz, t.kind, t.channel, t.category, t.request_type,
           t.priority, t.status, t.duplicate_of IS NOT NULL,
           t.duplicate_of IS NULL
               AND coalesce(t.provenance ->> 'duplicate_of' = 'human', false),
           e.linked_at, e.triaged_at,
           coalesce((SELECT r.status = 'FAILED' FROM runs r WHERE r.ticket_id = t.id
                     ORDER BY r.id DESC LIMIT 1), false),
           NOT c.needs_review, CASE WHEN c.needs_review THEN c.created_at END,
           CASE WHEN c.needs_review THEN (
               SELECT at FROM unnest(e.decided_at) AS at WHERE at >= c.created_at
               ORDER BY at LIMIT 1) END,
           (SELECT at FROM unnest(e.chosen_at) AS at WHERE at >= e.triaged_at
            ORDER BY at LIMIT 1),
           e.responded_at[1], e.responded_by[1], coalesce(e.solved_at, '{}'),
           coalesce(e.solved_by, '{}'), coalesce(e.closed_at, '{}'),
           coalesce(e.reopened_at, '{}'),
           CASE WHEN t.status IN ('solved', 'closed') THEN e.done_at[1] END,
           t.due_at, k.response_due_at, coalesce(k.resolution_promised, false),
           coalesce(k.response_promised, false), k.response_seconds, k.resolution_seconds,
           k.last_resolution_seconds, e.warned_at, e.breached_at
    FROM tickets t
    LEFT JOIN ticket_clocks k ON k.ticket_id = t.id
    LEFT JOIN LATERAL (
        SELECT (o.result ->> 'needs_review')::boolean AS needs_review, o.created_at
        FROM step_outcomes o JOIN runs r ON r.id = o.run_id
        WHERE r.ticket_id = t.id AND o.step = 'classify'
        ORDER BY r.id DESC, o.revision DESC LIMIT 1
    ) AS c ON true
    CROSS JOIN LATERAL (
        SELECT min(at) FILTER (WHERE kind = 'run.completed') AS triaged_at,
               min(at) FILTER (WHERE kind = 'sla.warned') AS warned_at,
               min(at) FILTER (WHERE kind = 'sla.escalated') AS breached_at,
               min(at) FILTER (WHERE changes #>> '{duplicate_of,new}' IS NOT NULL) AS linked_at,
               array_agg(at ORDER BY id) FILTER (
                   WHERE by_person AND (moves OR changes #>> '{assignee,new}' <> '')
               ) AS responded_at,
               array_agg(actor ORDER BY id) FILTER (
                   WHERE by_person AND (moves OR changes #>> '{assignee,new}' <> '')
               ) AS responded_by,
               array_agg(at ORDER BY id) FILTER (
                   WHERE by_person AND changes ?| '{route,category,request_type}') AS chosen_at,
               array_agg(at ORDER BY id) FILTER (
                   WHERE by_person AND (changes ? 'needs_review'
                       OR data -> 'computed' ? 'needs_review'
                       OR data -> 'confirmed' ? 'needs_review')) AS decided_at,
               array_agg(at ORDER BY id) FILTER (WHERE flow = 'solved') AS solved_at,
               array_agg(actor ORDER BY id) FILTER (WHERE flow = 'solved') AS solved_by,
               array_agg(at ORDER BY id) FILTER (WHERE flow = 'closed') AS closed_at,
               array_agg(at ORDER BY id) FILTER (WHERE flow = 'reopened') AS reopened_at,
               array_agg(at ORDER BY id DESC) FILTER (
                   WHERE flow IN ('solved', 'closed')) AS done_at
        FROM (
            SELECT id, kind, at, actor, data, actor <> 'workflow' AS by_person,
                   kind = 'ticket.status' AS moves,
                   CASE kind WHEN 'ticket.updated' THEN data -> 'changes' END AS changes,
                   CASE kind WHEN 'ticket.status'
                        THEN flow_of(data ->> 'old', data ->> 'new') END AS flow
            FROM events WHERE ticket_id = t.id
              AND kind IN ('ticket.status', 'ticket.updated', 'run.completed', 'sla.warned',
                           'sla.escalated')
        ) AS event
    ) AS e
    WHERE t.id = ANY (ids)
$$;

CREATE FUNCTION duration_bucket(seconds double precision) RETURNS smallint
    LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT floor(ln(greatest(seconds, 1)) / ln(1.05::float8))::smallint
$$;

-- The durations of a ticket, each with the moment by which it belongs to a window.
CREATE FUNCTION durations_of(f ticket_facts)
    RETURNS TABLE (figure text, at timestamptz, seconds double precision)
    LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT d.figure, d.at, d.seconds FROM (VALUES
        ('seconds_to_triage', f.created_at,
         extract(epoch FROM f.triaged_at - f.created_at)::float8),
        ('seconds_to_response', f.created_at, f.response_seconds),
        ('wall_seconds_to_response', f.created_at,
         extract(epoch FROM f.responded_at - f.created_at)::float8),
        ('seconds_to_resolution', f.solved_at[1], f.resolution_seconds),
        ('wall_seconds_to_resolution', f.solved_at[1],
         extract(epoch FROM f.solved_at[1] - f.created_at)::float8),
        ('seconds_to_last_resolution', f.solved_at[array_upper(f.solved_at, 1)],
         f.last_resolution_seconds),
        ('seconds_to_review', f.review_asked_at,
         extract(epoch FROM f.review_decided_at - f.review_asked_at)::float8)
    ) AS d(figure, at, seconds)
    WHERE d.at IS NOT NULL AND d.seconds IS NOT NULL AND f.deleted_at IS NULL
      AND (NOT f.duplicate OR d.figure = 'seconds_to_triage')
$$;

-- What a ticket adds to the sums: figure, day, part and bucket of each single count.
CREATE FUNCTION figures_of(f ticket_facts, zone text)
    RETURNS TABLE (figure text, day date, part text, bucket smallint)
    LANGUAGE sql STABLE AS $$
    SELECT v.figure, (v.at AT TIME ZONE zone)::date, coalesce(v.part, ''), -1::smallint
    FROM (
        SELECT name, at, f.priority FROM (VALUES
            ('created', f.created_at),
            ('triage_done', CASE WHEN f.triaged_at IS NOT NULL THEN f.created_at END),
            ('triage_failed', CASE WHEN f.triaged_at IS NULL AND f.run_failed
                              THEN f.created_at END),
            ('responded', CASE WHEN f.responded_at IS NOT NULL AND NOT f.duplicate
                          THEN f.created_at END),
            ('unanswered', CASE WHEN f.responded_at IS NULL AND NOT f.duplicate
                           THEN f.created_at END),
            ('linked', CASE WHEN f.linked_at IS NOT NULL THEN f.created_at END),
            ('unlinked', CASE WHEN f.unlinked THEN f.created_at END),
            ('classified', CASE WHEN f.unattended IS NOT NULL THEN f.created_at END),
            ('unattended', CASE WHEN f.unattended THEN f.created_at END),
            ('review_asked', f.review_asked_at),
            ('review_decided', CASE WHEN f.review_decided_at IS NOT NULL
                               THEN f.review_asked_at END),
            ('triaged', f.triaged_at),
            ('reassigned', CASE WHEN f.reassigned_at < f.triaged_at + interval '7 days'
                           THEN f.triaged_at END),
            ('solved_first', f.solved_at[1]),
            ('breached', f.breached_at),
            ('warned', f.warned_at),
            ('warned_met', CASE WHEN f.breached_at IS NULL AND f.done_at IS NOT NULL
                           THEN f.warned_at END)
        ) AS single(name, at) WHERE f.deleted_at IS NULL
        UNION ALL
        SELECT 'responses_by', f.responded_at, f.responded_by WHERE f.deleted_at IS NULL
        UNION ALL
        SELECT 'solved_by', by.at, by.actor
        FROM unnest(f.solved_at, f.solved_by) AS by(at, actor)
        WHERE f.deleted_at IS NULL AND by.actor <> 'workflow'
        UNION ALL
        SELECT 'created_by_' || name, f.created_at, label FROM (VALUES
            ('kind', f.kind), ('channel', f.channel), ('category', f.category)
        ) AS labelled(name, label) WHERE f.deleted_at IS NULL
        UNION ALL
        SELECT CASE WHEN f.deleted_at IS NULL THEN '' ELSE 'gone_' END || name, at, f.priority
        FROM (
            SELECT 'solved', unnest(f.solved_at)
            UNION ALL SELECT 'closed', unnest(f.closed_at)
            UNION ALL SELECT 'reopened', unnest(f.reopened_at)
            UNION ALL SELECT 'created', f.created_at WHERE f.deleted_at IS NOT NULL
        ) AS flow(name, at)
        UNION ALL
        SELECT 'deleted', f.deleted_at, f.priority WHERE f.status NOT IN ('solved', 'closed')
        UNION ALL
        SELECT 'solved_back', at, f.priority FROM unnest(f.solved_at) AS at
        WHERE f.deleted_at IS NULL AND EXISTS (
            SELECT FROM unnest(f.reopened_at) AS back
            WHERE back >= at AND back < at + interval '7 days')
        UNION ALL
        SELECT target || '_' || state || by.suffix, at, by.part FROM (VALUES
            ('resolution', f.resolution_promised, f.done_at, f.due_at),
            ('response', f.response_promised, f.responded_at, f.response_due_at)
        ) AS promise(target, promised, done, due)
        CROSS JOIN LATERAL (VALUES
            ('met', CASE WHEN done IS NOT NULL AND (done > due) IS NOT TRUE THEN done END),
            ('missed', CASE WHEN done > due THEN due END),
            ('open', CASE WHEN done IS NULL THEN due END)
        ) AS outcome(state, at)
        CROSS JOIN LATERAL (VALUES
            ('', f.priority), ('_by_item', f.category || ' / ' || f.request_type)
        ) AS by(suffix, part)
        WHERE promised AND NOT f.duplicate AND f.deleted_at IS NULL
    ) AS v(figure, at, part)
    WHERE v.at IS NOT NULL
    UNION ALL
    SELECT d.figure, (d.at AT TIME ZONE zone)::date, coalesce(f.priority, ''),
           duration_bucket(d.seconds)
    FROM durations_of(f) AS d
$$;
