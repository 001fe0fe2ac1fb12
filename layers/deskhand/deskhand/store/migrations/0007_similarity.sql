-- Similarity: tickets as vectors and bags of words, links between duplicates, searchable articles.

-- The model that serves searches. Another one may read all tickets first and then take over.
CREATE TABLE embedding_models (
    model      text PRIMARY KEY,
    dimensions integer NOT NULL CHECK (dimensions BETWEEN 1 AND 4000),
    serving    boolean NOT NULL DEFAULT false,
    added_at   timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX one_serving_model ON embedding_models (serving) WHERE serving;

-- A ticket as each model sees it. Half precision changes a cosine by less than 0.001.
CREATE TABLE ticket_vectors (
    ticket_id    uuid NOT NULL REFERENCES tickets ON DELETE CASCADE,
    model        text NOT NULL REFERENCES embedding_models,
    text_version integer NOT NULL, -- of the text that the vector was made from
    standing     text NOT NULL CHECK (standing IN ('original', 'duplicate', 'done')),
    embedding    halfvec NOT NULL,
    terms        integer[] NOT NULL, -- hashed stems, each once
    weights      real[] NOT NULL,    -- damped frequency of each term
    PRIMARY KEY (ticket_id, model),
    CHECK (cardinality(terms) = cardinality(weights))
);
CREATE INDEX ticket_vectors_of_a_model ON ticket_vectors (model, ticket_id);
-- For tickets that share rare words. With fastupdate a search would read the pending list of
-- writers.
CREATE INDEX ticket_vectors_by_term ON ticket_vectors USING gin (terms) WITH (fastupdate = off);

-- Each model has two graphs: tickets that may be originals, and tickets that are done. A filter
-- applied after the search would leave too few.
CREATE FUNCTION add_embedding_model(name text, size integer) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    wanted text;
BEGIN
    INSERT INTO embedding_models (model, dimensions, serving)
    VALUES (name, size, NOT EXISTS (SELECT FROM embedding_models WHERE serving));
    FOREACH wanted IN ARRAY ARRAY['original', 'done'] LOOP
        EXECUTE format(
            'CREATE INDEX %I ON ticket_vectors USING hnsw ((embedding::halfvec(%s)) '
            'halfvec_cosine_ops) WHERE model = %L AND standing = %L',
            left(wanted, 4) || '_vectors_' || md5(name), size, name, wanted);
    END LOOP;
END $$;
CREATE FUNCTION drop_embedding_model(name text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('DROP INDEX IF EXISTS %I, %I',
                   'orig_vectors_' || md5(name), 'done_vectors_' || md5(name));
    DELETE FROM ticket_vectors WHERE model = name;
    DELETE FROM section_vectors WHERE model = name;
    DELETE FROM embedding_models WHERE model = name;
END $$;
SELECT add_embedding_model('all-MiniLM-L6-v2', 384);

-- Whether a ticket can be the original of others, is a duplicate, or is done.
CREATE FUNCTION standing_of(status text, duplicate_of uuid) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN duplicate_of IS NOT NULL THEN 'duplicate'
                WHEN status IN ('solved', 'closed') THEN 'done'
                ELSE 'original' END
$$;
CREATE FUNCTION follow_ticket() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE ticket_vectors SET standing = standing_of(NEW.status, NEW.duplicate_of)
    WHERE ticket_id = NEW.id AND standing <> standing_of(NEW.status, NEW.duplicate_of);
    RETURN NULL;
END $$;
CREATE TRIGGER ticket_stands_elsewhere AFTER UPDATE OF status, duplicate_of ON tickets
    FOR EACH ROW WHEN (standing_of(OLD.status, OLD.duplicate_of)
                       <> standing_of(NEW.status, NEW.duplicate_of))
    EXECUTE FUNCTION follow_ticket();

-- The original is the older ticket: ids are UUIDv7, so its id is smaller.
ALTER TABLE tickets
    ADD CONSTRAINT original_is_older CHECK (duplicate_of < id),
    ADD COLUMN degraded text[] NOT NULL DEFAULT '{}'; -- optional steps that failed in the last run

-- Tickets that may be the same, but are not similar enough to be linked.
CREATE TABLE duplicate_suggestions (
    ticket_id  uuid NOT NULL REFERENCES tickets ON DELETE CASCADE,
    similar_id uuid NOT NULL REFERENCES tickets ON DELETE CASCADE,
    cosine     real NOT NULL CHECK (cosine BETWEEN 0 AND 1),
    score      real NOT NULL, -- sum of the cosines of vectors and of words
    PRIMARY KEY (ticket_id, similar_id),
    CHECK (similar_id <> ticket_id)
);
CREATE INDEX duplicate_suggestions_of_the_other ON duplicate_suggestions (similar_id);

-- Articles in sections that answer one question each.
CREATE TABLE article_sections (
    slug    text NOT NULL REFERENCES articles ON DELETE CASCADE,
    section integer NOT NULL CHECK (section >= 0), -- in the order of the page
    heading text NOT NULL,
    body    text NOT NULL,
    terms   integer[] NOT NULL,
    weights real[] NOT NULL,
    search  tsvector GENERATED ALWAYS AS
            (setweight(to_tsvector('english', heading), 'A') || to_tsvector('english', body)) STORED,
    PRIMARY KEY (slug, section),
    CHECK (cardinality(terms) = cardinality(weights))
);
CREATE INDEX article_sections_search ON article_sections USING gin (search);
CREATE TABLE section_vectors (
    slug      text NOT NULL,
    section   integer NOT NULL,
    model     text NOT NULL REFERENCES embedding_models,
    embedding halfvec NOT NULL,
    PRIMARY KEY (model, slug, section),
    FOREIGN KEY (slug, section) REFERENCES article_sections ON DELETE CASCADE
);
CREATE INDEX section_vectors_of_a_section ON section_vectors (slug, section);

-- The last tickets of a requester: of a caller's customer, or of a caller without customers.
CREATE INDEX tickets_of_a_requester ON tickets (coalesce(customer_id, ''), caller, id);
