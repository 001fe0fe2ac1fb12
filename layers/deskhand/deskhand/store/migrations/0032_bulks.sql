-- Changes of many tickets at once, so that each can be taken back where nothing changed since.
CREATE TABLE bulks (
    id         uuid PRIMARY KEY,
    actor      text NOT NULL,
    change     jsonb NOT NULL,
    ticket_ids uuid[] NOT NULL, -- also those that were deleted since
    created_at timestamptz NOT NULL DEFAULT now(),
    undone_at  timestamptz,
    undone_by  text,
    CHECK ((undone_at IS NULL) = (undone_by IS NULL))
);
CREATE INDEX bulks_by_time ON bulks (created_at);

-- The columns of a ticket that a bulk change wrote, before and after it.
CREATE TABLE bulk_items (
    bulk_id   uuid NOT NULL REFERENCES bulks ON DELETE CASCADE,
    ticket_id uuid NOT NULL REFERENCES tickets ON DELETE CASCADE,
    before    jsonb NOT NULL,
    after     jsonb NOT NULL,
    PRIMARY KEY (bulk_id, ticket_id)
);
CREATE INDEX bulk_items_of_a_ticket ON bulk_items (ticket_id);

-- In which bulk change a person said it; NULL: about this ticket alone.
ALTER TABLE corrections ADD COLUMN bulk_id uuid;
