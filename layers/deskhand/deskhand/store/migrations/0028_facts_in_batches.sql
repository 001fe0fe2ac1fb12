-- Days of another clock are cut ticket by ticket: sums stay whole meanwhile.
ALTER TABLE analytics_state
    -- Tickets up to this one are still summed by `zone_before`; NULL: all by `time_zone`.
    ADD COLUMN unshifted uuid,
    ADD COLUMN zone_before text;

-- The clock by which a ticket's days are summed now.
CREATE FUNCTION zone_of(id uuid, a analytics_state) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN id <= a.unshifted THEN a.zone_before ELSE a.time_zone END
$$;
