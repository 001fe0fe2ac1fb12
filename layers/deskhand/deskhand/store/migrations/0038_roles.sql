-- Functions may work as a role that owns nothing. These two make and drop indexes, so they run as
-- the owner, with the owner's search path and no temporary table before it.
SELECT set_config('search_path', current_setting('search_path') || ', pg_temp', true);
ALTER FUNCTION add_embedding_model(text, integer) SECURITY DEFINER SET search_path FROM CURRENT;
ALTER FUNCTION drop_embedding_model(text) SECURITY DEFINER SET search_path FROM CURRENT;
REVOKE EXECUTE ON FUNCTION add_embedding_model(text, integer), drop_embedding_model(text)
    FROM PUBLIC;
