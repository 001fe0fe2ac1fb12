-- The clock of a ticket, what became of its breaches, and where the catalog comes from.

ALTER TABLE tickets
    -- The catalog by which due time and next escalation were reckoned; NULL: they are to be anew.
    ADD COLUMN sla_version text REFERENCES catalogs,
    -- When the warning or the next level of a breach comes; NULL: none, or the clock stands.
    ADD COLUMN escalate_at timestamptz;
-- `due_at` is NULL too while a pause keeps it open. Events of kind sla.due say when and why it moved.
CREATE INDEX tickets_to_escalate ON tickets (escalate_at) WHERE escalate_at IS NOT NULL;
CREATE INDEX tickets_to_reckon ON tickets (sla_version, id) WHERE status IN ('open', 'pending', 'hold');

-- Each stage of a ticket happens once, whoever asks how often: 0 is the warning before the due time.
CREATE TABLE escalations (
    ticket_id uuid NOT NULL REFERENCES tickets,
    level     integer NOT NULL CHECK (level BETWEEN 0 AND 9),
    due_at    timestamptz, -- as it was then; NULL where a pause kept it open
    at        timestamptz NOT NULL,
    PRIMARY KEY (ticket_id, level)
);

-- Notices owed to people: written with the escalation, sent until the other side takes them.
CREATE TABLE notices (
    id          uuid PRIMARY KEY, -- travels along, so that a repeat is seen to be one
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

-- The last look at the place that the catalog is fetched from.
CREATE TABLE catalog_source (
    location   text PRIMARY KEY,
    etag       text,
    version    text REFERENCES catalogs, -- what was there
    since      timestamptz NOT NULL DEFAULT now(),
    checked_at timestamptz, -- when it last answered with a catalog, or that nothing has changed
    tried_at   timestamptz NOT NULL DEFAULT now(),
    error      text -- why the last try failed
);
