-- Reports of attribution, and the mails that bring them to people.

-- The file is in the bucket; the row says what must be there.
CREATE TABLE reports (
    id         uuid PRIMARY KEY,
    run_id     bigint NOT NULL UNIQUE REFERENCES runs,
    object_key text NOT NULL UNIQUE,
    sha256     text NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    bytes      bigint NOT NULL CHECK (bytes > 0),
    rows       integer NOT NULL CHECK (rows >= 0),
    counts     jsonb NOT NULL, -- the run's, as they were then
    review     jsonb NOT NULL, -- the first requests that need a person
    started_at timestamptz NOT NULL, -- the run's start, which the report states
    created_at timestamptz NOT NULL DEFAULT now()
);

-- One mail to one recipient. Each phase is committed before the next begins, so that a crash leaves
-- no doubt about what may have happened.
CREATE TABLE report_mails (
    id              uuid PRIMARY KEY, -- of the Message-ID, the same for every try
    report_id       uuid NOT NULL REFERENCES reports,
    recipient       text NOT NULL,
    requested_by    text NOT NULL, -- a caller, or 'workflow'
    requested_at    timestamptz NOT NULL DEFAULT now(),
    status          text NOT NULL DEFAULT 'owed'
                    CHECK (status IN ('owed', 'sending', 'sent', 'refused', 'uncertain')),
    tries           integer NOT NULL DEFAULT 0 CHECK (tries >= 0),
    next_try_at     timestamptz NOT NULL DEFAULT now(),
    lease_until     timestamptz, -- of the function that is sending
    data_started_at timestamptz, -- from then on the server may have accepted it
    repeated        boolean NOT NULL DEFAULT false, -- an earlier try may have been accepted
    linked          boolean NOT NULL DEFAULT false, -- with a link: the file was too large
    sender          text,
    bytes           bigint, -- of the whole mail, as the last try sent it
    sent_at         timestamptz,
    reply           text, -- the server's confirmation
    error           text, -- of the last try: codes and names
    CHECK ((status = 'sending') = (lease_until IS NOT NULL)),
    CHECK ((status = 'sent') = (sent_at IS NOT NULL)),
    CHECK ((status IN ('refused', 'uncertain')) <= (error IS NOT NULL))
);
CREATE INDEX report_mails_of_a_report ON report_mails (report_id, requested_at);
CREATE UNIQUE INDEX one_mail_of_the_workflow ON report_mails (report_id, recipient)
    WHERE requested_by = 'workflow';
CREATE INDEX report_mails_open ON report_mails (requested_at) WHERE status IN ('owed', 'sending');
CREATE INDEX report_mails_failed ON report_mails (requested_at)
    WHERE status IN ('refused', 'uncertain');
