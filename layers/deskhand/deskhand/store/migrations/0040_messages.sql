-- What people write to each other about a ticket. The trail says that and who; the text is only here.
CREATE TABLE messages (
    id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    ticket_id uuid NOT NULL REFERENCES tickets,
    -- reply: to the requester, note: among those who work on it, answer: of the requester
    kind      text NOT NULL CHECK (kind IN ('reply', 'note', 'answer')),
    written_by    text NOT NULL,
    body      text NOT NULL,
    at        timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX messages_of_ticket ON messages (ticket_id, id);

-- As before, and a reply is a response too.
CREATE OR REPLACE FUNCTION facts_of(ids uuid[]) RETURNS SETOF ticket_facts LANGUAGE sql STABLE AS $$
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
                   WHERE by_person AND (moves OR replies
                             OR changes #>> '{assignee,new}' <> '')
               ) AS responded_at,
               array_agg(actor ORDER BY id) FILTER (
                   WHERE by_person AND (moves OR replies
                             OR changes #>> '{assignee,new}' <> '')
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
                   kind = 'message.reply' AS replies,
                   CASE kind WHEN 'ticket.updated' THEN data -> 'changes' END AS changes,
                   CASE kind WHEN 'ticket.status'
                        THEN flow_of(data ->> 'old', data ->> 'new') END AS flow
            FROM events WHERE ticket_id = t.id
              AND kind IN ('ticket.status', 'ticket.updated', 'message.reply', 'run.completed',
                           'sla.warned', 'sla.escalated')
        ) AS event
    ) AS e
    WHERE t.id = ANY (ids)
$$;
