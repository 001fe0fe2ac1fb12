-- Bodies are kept whole, up to the largest MAX_BODY_KIB.
ALTER TABLE tickets DROP CONSTRAINT tickets_body_check;
ALTER TABLE tickets ADD CONSTRAINT tickets_body_check CHECK (char_length(body) <= 1048576);

-- The normal form of text, as in normal_form.py: width, compatibility forms and characters that
-- nobody sees make no difference.
CREATE FUNCTION normal_text(said text) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT regexp_replace(normalize(said, NFKC),
                          '[\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]',
                          '', 'g')
$$;
CREATE FUNCTION label_of(name text) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT lower(btrim(regexp_replace(regexp_replace(normalize(name, NFKC),
        '[\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]', '', 'g'),
        '\s+', ' ', 'g')))
$$;
CREATE FUNCTION labels_of(names text[]) RETURNS text[]
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT array_agg(label_of(name)) FROM unnest(names) AS name
$$;

-- Scripts whose words have no spaces between them, or particles attached, are searched by pairs of
-- characters: 'ab', 'bc' and 'c' for 'abc'. These are Thai to Burmese, Khmer, Japanese, Chinese and
-- Korean.
CREATE FUNCTION pairs_of(said text) RETURNS text[]
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT coalesce(array_agg(DISTINCT rtrim(one || next)), '{}')
    FROM (SELECT one, coalesce(lead(one) OVER (ORDER BY place), '') AS next
          FROM unnest(string_to_array(regexp_replace(said,
              '[^\u0e00-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3\uf900-\ufaff\U00020000-\U0003ffff]+',
              ' ', 'g'), NULL)) WITH ORDINALITY AS each(one, place)) AS pairs
    WHERE one <> ' '
$$;

-- A tsvector has at most a megabyte: the first 60,000 characters of a body are searched. Postgres
-- builds indexes without the usual search path, which this function therefore brings along.
CREATE OR REPLACE FUNCTION words_of(subject text, body text) RETURNS tsvector
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE COST 20000 SET search_path FROM CURRENT AS $$
DECLARE
    said CONSTANT text := normal_text(subject || ' ' || left(body, 60000));
    unspaced CONSTANT text :=
        '[\u0e00-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3\uf900-\ufaff\U00020000-\U0003ffff]+';
BEGIN
    IF said !~ unspaced THEN
        RETURN to_tsvector('pg_catalog.english', said);
    END IF;
    RETURN to_tsvector('pg_catalog.english', regexp_replace(said, unspaced, ' ', 'g'))
        || array_to_tsvector(pairs_of(said));
END $$;

-- What a search looks for: words as in web search, and the pairs of each run of characters, which a
-- minus before it excludes. Nothing else is an operator.
CREATE FUNCTION search_of(asked text) RETURNS tsquery
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    said CONSTANT text := normal_text(asked);
    unspaced CONSTANT text :=
        '[\u0e00-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3\uf900-\ufaff\U00020000-\U0003ffff]+';
    wanted tsquery := websearch_to_tsquery(
        'pg_catalog.english', regexp_replace(said, '((^|\s)-)?' || unspaced, ' ', 'g'));
    found text[];
    part tsquery;
BEGIN
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
REINDEX INDEX tickets_search;

-- category=hardware finds Hardware.
DROP INDEX tickets_by_category, tickets_by_request_type;
CREATE INDEX tickets_by_category ON tickets (label_of(category), id);
CREATE INDEX tickets_by_request_type ON tickets (label_of(request_type), id);

-- A query for any of the first different words of a text; no word is an operator.
CREATE FUNCTION any_word_of(said text, most integer) RETURNS tsquery
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT string_agg('''' || replace(replace(lexeme, '\', '\\'), '''', '''''') || '''',
                      ' | ')::tsquery
    FROM (SELECT lexeme FROM unnest(to_tsvector('pg_catalog.english', left(said, 10000)))
          ORDER BY positions[1], lexeme LIMIT most) AS words
$$;
