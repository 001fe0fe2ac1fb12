-- What a search reads is stored with the ticket: the words of its text without its secrets, and the
-- version of the text. The migrate function adds it to tickets that an older release stored.
ALTER TABLE tickets ADD COLUMN search tsvector, ADD COLUMN search_version integer;
DROP INDEX tickets_search;
CREATE INDEX tickets_search ON tickets USING gin (search);
CREATE INDEX tickets_not_searchable ON tickets (id)
    WHERE search_version IS DISTINCT FROM text_version;

-- A word without the ending by which German declines and joins words: 'drucker' of 'druckern',
-- 'rechnung' of 'rechnungs'.
CREATE FUNCTION undeclined(word text) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT regexp_replace(word, '(es|en|e|n|s)$', '')
$$;

-- Compounds are found by their first and their last part, of five letters or more: 'netzwerkdrucker'
-- has '<netzwerkdru' and '>rekcurdkrew'. What is left out are the four letters that the other part
-- has at least, so 'drucker' is found in it, and 'action' not in 'reaction'.
CREATE FUNCTION parts_of(said text) RETURNS text[]
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT coalesce(array_agg(part), '{}')
    FROM (SELECT DISTINCT undeclined(found[1]) AS word
          FROM regexp_matches(lower(said), '[[:alpha:]]{9,}', 'g') AS found
          WHERE char_length(found[1]) <= 60) AS words,
         LATERAL (VALUES ('<' || left(word, -4)), ('>' || reverse(substr(word, 5)))) AS each(part)
$$;

-- What a search for a word finds too: compounds that begin or end with it, and texts that have both
-- parts of a compound as words of their own, wherever it can be divided.
CREATE FUNCTION compounds_of(word text) RETURNS tsquery
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    WITH each AS (
        SELECT format('(%L & %L)', one[1], two[1]) AS wanted
        FROM generate_series(4, char_length(word) - 4) AS place,
             ts_lexize('pg_catalog.english_stem', left(word, place)) AS one,
             ts_lexize('pg_catalog.english_stem', substr(word, place + 1)) AS two
        WHERE char_length(word) >= 9 AND one <> '{}' AND two <> '{}'
        UNION ALL
        SELECT format('(%L:* | %L:*)', '<' || undeclined(word), '>' || reverse(undeclined(word)))
        WHERE char_length(undeclined(word)) >= 4
    )
    SELECT string_agg(wanted, ' | ')::tsquery FROM each
$$;

CREATE OR REPLACE FUNCTION words_of(subject text, body text) RETURNS tsvector
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE COST 20000 SET search_path FROM CURRENT AS $$
DECLARE
    said CONSTANT text := normal_text(subject || ' ' || left(body, 60000));
    unspaced CONSTANT text :=
        '[\u0e00-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3\uf900-\ufaff\U00020000-\U0003ffff]+';
    spaced CONSTANT text := regexp_replace(said, unspaced, ' ', 'g');
    found CONSTANT tsvector :=
        to_tsvector('pg_catalog.english', spaced) || array_to_tsvector(parts_of(spaced));
BEGIN
    IF spaced = said THEN
        RETURN found;
    END IF;
    RETURN found || array_to_tsvector(pairs_of(said));
END $$;

CREATE OR REPLACE FUNCTION search_of(asked text) RETURNS tsquery
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path FROM CURRENT AS $$
DECLARE
    said CONSTANT text := normal_text(asked);
    unspaced CONSTANT text :=
        '[\u0e00-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3\uf900-\ufaff\U00020000-\U0003ffff]+';
    spaced CONSTANT text := regexp_replace(said, '((^|\s)-)?' || unspaced, ' ', 'g');
    wanted tsquery := websearch_to_tsquery('pg_catalog.english', spaced);
    found text[];
    part tsquery;
BEGIN
    -- What is in quotes is meant as it is.
    FOR found IN SELECT DISTINCT regexp_matches(
        lower(regexp_replace(spaced, '"[^"]*("|$)', ' ', 'g')), '[[:alpha:]]{5,}', 'g')
    LOOP
        part := plainto_tsquery('pg_catalog.english', found[1]);
        IF numnode(part) = 1 AND char_length(found[1]) <= 60 THEN
            wanted := ts_rewrite(wanted, part, part || coalesce(compounds_of(found[1]), ''));
        END IF;
    END LOOP;
    FOR found IN SELECT regexp_matches(said, '((?:^|\s)-)?(' || unspaced || ')', 'g') LOOP
        IF char_length(found[2]) = 1 THEN
            part := (quote_literal(found[2]) || ':*')::tsquery;
        ELSE
            SELECT string_agg(quote_literal(pair), ' & ')::tsquery INTO part
            FROM unnest(pairs_of(found[2])) AS pair WHERE char_length(pair) = 2;
        END IF;
        wanted := wanted && CASE WHEN found[1] IS NULL THEN part ELSE !! part END;
    END LOOP;
    RETURN wanted;
END $$;
