-- What triage prepares for people: entities of the ticket, and a reply that is never sent by
-- itself.
ALTER TABLE tickets
    -- {"values": {"order_id": {"value", "field", "text", "start", "end"} or null, ...}, ...}
    ADD COLUMN entities jsonb CHECK (jsonb_typeof(entities) = 'object'),
    -- {"run_id", "kind", "text", "statements", "steps", "citations", "review", ...}
    ADD COLUMN draft    jsonb CHECK (jsonb_typeof(draft) = 'object' AND draft ? 'run_id');
