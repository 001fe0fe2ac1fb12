-- Audits of exported tickets. Nothing else knows of them: an audit reads its own rows and the
-- catalog, and writes its own result.
CREATE TABLE audits (
    id          uuid PRIMARY KEY,
    actor       text NOT NULL,
    -- How the file was read: format, mapping, dates, counts.
    source      jsonb NOT NULL,
    confidence  real NOT NULL CHECK (confidence BETWEEN 0 AND 1),
    rows        integer NOT NULL CHECK (rows > 0),
    -- The mapped columns of the export, packed; only until the audit has ended.
    packed      bytea,
    status      text NOT NULL DEFAULT 'waiting'
                CHECK (status IN ('waiting', 'running', 'done', 'failed')),
    progress    real NOT NULL DEFAULT 0 CHECK (progress BETWEEN 0 AND 1),
    tries       integer NOT NULL DEFAULT 0,
    lease_until timestamptz,
    result      jsonb,
    error       text,
    created_at  timestamptz NOT NULL DEFAULT now(),
    ended_at    timestamptz,
    CHECK ((packed IS NOT NULL) = (status IN ('waiting', 'running'))),
    CHECK ((result IS NOT NULL) = (status = 'done')),
    CHECK ((error IS NOT NULL) = (status = 'failed')),
    CHECK ((ended_at IS NOT NULL) = (status IN ('done', 'failed')))
);
CREATE INDEX audits_to_do ON audits (created_at) WHERE status IN ('waiting', 'running');
