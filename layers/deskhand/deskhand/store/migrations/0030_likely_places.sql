-- The likeliest places of a ticket by its triage, best first: what people choose from when it fits
-- nothing and waits in the triage queue.
ALTER TABLE tickets ADD COLUMN likely_places jsonb;
