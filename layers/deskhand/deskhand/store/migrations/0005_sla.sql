-- The clock of a ticket, its warnings and breaches, and the source of the catalog.

ALTER TABLE tickets
    -- The catalog of the due time and the next escalation; NULL: they must be computed again.
    ADD COLUMN sla_version text REFERENCES catalogs,
    -- When the warning or the next level of a breach is due; NULL: there is none, or the clock is
    -- paused.
    ADD COLUMN escalate_at timestamptz;
-- `due_at` is NULL too while a pause keeps it open. Events of kind sla.due say when and why it
-- moved.
CREATE INDEX tickets_to_escalate ON tickets (escalate_at) WHERE escalate_at IS NOT NULL;
CREATE INDEX tickets_to_reckon ON tickets (sla_version, id) WHERE status IN ('open', 'pending', 'hold');

-- Each stage of a ticket happens only once: 0 is the warning before the due time.
CREATE TABLE escalations (
    ticket_id uuid NOT NULL REFERENCES tickets,
    level     integer NOT NULL CHECK (level BETWEEN 0 AND 9),
    due_at    timestamptz, -- as it was then; NULL where a pause kept it open
    at        timestamptz NOT NULL,
    PRIMARY KEY (ticket_id, level)
);

-- Notices to people: written with the escalation, sent until the other side accepts them.
CREATE TABLE notices (
    id          uuid PRIMARY KEY, -- sent along, so that receivers detect repeats
    ticket_id   uuid NOT NULL,
    level       integer NOT NULL,
    recipient   text NOT NULL CHECK (recipient ~ '^(topic$|mailto:|https?://)'),
    content     jsonb NOT NULL, -- the ticket as it was then
    created_at  timestamptz NOT NULL DEFAULT now(),
    tries       integer NOT NULL DEFAULT 0,
    next_try_at timestamptz NOT NULL DEFAULT now(),
    error       text, -- of the last try, by name
    sent_at     timestamptz,
    UNIQUE (ticket_id, level, recipient),
    FOREIGN KEY (ticket_id, level) REFERENCES escalations
);
CREATE INDEX notices_unsent ON notices (next_try_at) WHERE sent_at IS NULL;

-- The last check of the place that the catalog is fetched from.
CREATE TABLE catalog_source (
    location   text PRIMARY KEY,
    etag       text,
    version    text REFERENCES catalogs, -- what was there
    since      timestamptz NOT NULL DEFAULT now(),
    checked_at timestamptz, -- last answer with a catalog or "not modified"
    tried_at   timestamptz NOT NULL DEFAULT now(),
    error      text -- why the last try failed
);
