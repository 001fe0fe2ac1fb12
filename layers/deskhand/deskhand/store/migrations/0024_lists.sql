-- Each filter of the list of tickets by an index in the order of its pages, and exports of lists.

CREATE INDEX tickets_by_kind ON tickets (kind, id);
CREATE INDEX tickets_by_channel ON tickets (channel, id);
CREATE INDEX tickets_by_priority ON tickets (priority, id);
CREATE INDEX tickets_by_category ON tickets (category, id);
CREATE INDEX tickets_by_request_type ON tickets (request_type, id);
CREATE INDEX tickets_by_department ON tickets (department, id) WHERE department IS NOT NULL;
CREATE INDEX tickets_of_a_customer ON tickets (customer_id, id);
CREATE INDEX tickets_by_tag ON tickets USING gin (tags) WHERE tags <> '{}';
CREATE INDEX tickets_to_review ON tickets (id) WHERE needs_review;
CREATE INDEX tickets_escalated ON tickets (id) WHERE escalation_level > 0;
CREATE INDEX duplicates ON tickets (id) WHERE duplicate_of IS NOT NULL;
CREATE INDEX duplicates_of_a_ticket ON tickets (duplicate_of, id) WHERE duplicate_of IS NOT NULL;
DROP INDEX tickets_by_original;
CREATE INDEX tickets_of_failed_runs ON runs (ticket_id) WHERE status = 'FAILED';

-- The orders beside newest first. Tickets without a due time or a confidence come last.
CREATE INDEX tickets_by_due_time ON tickets ((coalesce(due_at, 'infinity')), id);
CREATE INDEX open_tickets_by_due_time ON tickets ((coalesce(due_at, 'infinity')), id)
    WHERE status IN ('new', 'open', 'pending', 'hold');
CREATE INDEX tickets_by_confidence ON tickets ((coalesce(confidence, 2::real)), id);
CREATE INDEX open_tickets_by_confidence ON tickets ((coalesce(confidence, 2::real)), id)
    WHERE status IN ('new', 'open', 'pending', 'hold');

-- A list of tickets as a file. The row keeps what was asked for and what came of it.
CREATE TABLE exports (
    id           uuid PRIMARY KEY,
    requested_by text NOT NULL,
    query        text NOT NULL, -- the query string of the list
    format       text NOT NULL CHECK (format IN ('csv', 'xlsx')),
    status       text NOT NULL DEFAULT 'waiting'
                 CHECK (status IN ('waiting', 'running', 'done', 'failed')),
    tries        integer NOT NULL DEFAULT 0,
    lease_until  timestamptz, -- of the function that is writing
    written      integer NOT NULL DEFAULT 0,
    rows         integer, -- as the list had them at `listed_at`
    listed_at    timestamptz,
    object_key   text,
    bytes        bigint,
    note         text, -- why the format is another one than asked for
    error        text, -- by name
    created_at   timestamptz NOT NULL DEFAULT now(),
    finished_at  timestamptz,
    CHECK ((status = 'running') = (lease_until IS NOT NULL)),
    CHECK ((status = 'done') = (object_key IS NOT NULL)),
    CHECK ((status IN ('done', 'failed')) = (finished_at IS NOT NULL))
);
CREATE INDEX exports_to_write ON exports (created_at) WHERE status IN ('waiting', 'running');
CREATE INDEX exports_by_time ON exports (created_at);
