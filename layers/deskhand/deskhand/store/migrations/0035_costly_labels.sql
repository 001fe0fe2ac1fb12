-- What it costs to compare a name as people do: the planner took it for nothing, and compared the
-- names of all tickets where an index knows them. A function in plpgsql keeps its cost.
CREATE OR REPLACE FUNCTION label_of(name text) RETURNS text
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE COST 2000 AS $$
BEGIN
    RETURN lower(btrim(regexp_replace(regexp_replace(normalize(name, NFKC),
        '[\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]', '', 'g'),
        '\s+', ' ', 'g')));
END $$;
