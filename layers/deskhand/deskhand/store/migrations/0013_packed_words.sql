-- Bags of words are stored packed: reading arrays costs more than the search itself.
CREATE FUNCTION packed(terms integer[], weights real[]) RETURNS bytea
    LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT coalesce(string_agg(int4send(term) || float4send(weight), '' ORDER BY place), '')
    FROM unnest(terms, weights) WITH ORDINALITY AS said (term, weight, place)
$$;
ALTER TABLE ticket_vectors
    ADD COLUMN words bytea NOT NULL GENERATED ALWAYS AS (packed(terms, weights)) STORED;
ALTER TABLE article_sections
    ADD COLUMN words bytea NOT NULL GENERATED ALWAYS AS (packed(terms, weights)) STORED;
