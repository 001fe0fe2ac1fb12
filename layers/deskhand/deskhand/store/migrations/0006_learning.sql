-- Examples for classification, trained classifiers, and the corrections that measure them.

-- An import of old tickets, sent in chunks: `received` rows are done, and the next chunk begins
-- there.
CREATE TABLE imports (
    id         text PRIMARY KEY CHECK (id ~ '^[A-Za-z0-9._-]{1,100}$'),
    actor      text NOT NULL,
    received   integer NOT NULL DEFAULT 0,
    stored     integer NOT NULL DEFAULT 0,
    rejected   integer NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CHECK (received = stored + rejected)
);
CREATE TABLE import_errors (
    import_id text NOT NULL REFERENCES imports ON DELETE CASCADE,
    row       integer NOT NULL CHECK (row >= 0),
    pointer   text NOT NULL,
    detail    text NOT NULL,
    PRIMARY KEY (import_id, row, pointer)
);

-- Tickets whose place in the catalog is known. The text of our own tickets stays in their row, so
-- that it is deleted with the ticket; imported ones hold it here.
CREATE TABLE examples (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    source       text NOT NULL CHECK (source IN ('import', 'correction', 'solved')),
    ticket_id    uuid UNIQUE REFERENCES tickets ON DELETE CASCADE,
    external_id  text UNIQUE CHECK (char_length(external_id) BETWEEN 1 AND 200),
    subject      text,
    body         text,
    category     text NOT NULL,
    request_type text NOT NULL,
    model        text, -- of the vector; NULL until there is one
    embedding    halfvec,
    -- Increases with every change, so that a reader knows what it has not seen.
    change       bigint NOT NULL,
    CHECK ((source = 'import') = (ticket_id IS NULL)),
    CHECK ((source = 'import') = (external_id IS NOT NULL)),
    CHECK ((source = 'import') = (subject IS NOT NULL AND body IS NOT NULL)),
    CHECK ((model IS NULL) = (embedding IS NULL))
);
CREATE SEQUENCE example_changes OWNED BY examples.change;
ALTER TABLE examples ALTER COLUMN change SET DEFAULT nextval('example_changes');
CREATE INDEX examples_without_vector ON examples (id) WHERE model IS NULL;
CREATE INDEX examples_by_change ON examples (change);
-- The built-in model's vectors; those of other models are few enough, or get an index of their own.
CREATE INDEX examples_nearest ON examples
    USING hnsw ((embedding::halfvec(384)) halfvec_cosine_ops)
    WHERE model = 'all-MiniLM-L6-v2';

-- Corrections by people, beside the prediction. Figures only: a row stays when its ticket is
-- deleted.
CREATE TABLE corrections (
    id                     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    ticket_id              uuid REFERENCES tickets ON DELETE SET NULL,
    actor                  text NOT NULL,
    category               text NOT NULL,
    request_type           text NOT NULL,
    priority               text, -- NULL: not corrected
    predicted_category     text, -- NULL: there was no prediction yet
    predicted_request_type text,
    predicted_priority     text,
    confidence             real CHECK (confidence BETWEEN 0 AND 1),
    unattended             boolean, -- triage asked for no review
    provider               text,
    model                  text,
    at                     timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX corrections_of_a_ticket ON corrections (ticket_id, id);
CREATE INDEX corrections_by_time ON corrections (at);

-- The last correction of each ticket; of a deleted ticket each correction counts.
CREATE VIEW judgements AS
    SELECT DISTINCT ON (coalesce(ticket_id::text, id::text)) *,
           (category, request_type) = (predicted_category, predicted_request_type) AS "right"
    FROM corrections
    WHERE predicted_category IS NOT NULL
    ORDER BY coalesce(ticket_id::text, id::text), id DESC;

-- Trained classifiers, the newest in force. `progress` and `lease_until` belong to one in training.
CREATE TABLE classifiers (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    through     bigint NOT NULL, -- the last change of an example it was trained with
    examples    integer NOT NULL,
    progress    real NOT NULL DEFAULT 0 CHECK (progress BETWEEN 0 AND 1),
    lease_until timestamptz NOT NULL,
    report      jsonb,
    weights     bytea,
    started_at  timestamptz NOT NULL DEFAULT now(),
    finished_at timestamptz,
    CHECK ((finished_at IS NULL) = (weights IS NULL)),
    CHECK ((finished_at IS NULL) = (report IS NULL))
);
CREATE UNIQUE INDEX one_classifier_in_the_making ON classifiers ((true)) WHERE finished_at IS NULL;
