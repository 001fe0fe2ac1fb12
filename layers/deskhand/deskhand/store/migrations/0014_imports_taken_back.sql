-- An import can be taken back: its rows go with it, those aside that a later one has brought again.
ALTER TABLE examples
    -- NULL: not imported, or before this was written down.
    ADD COLUMN import_id text REFERENCES imports,
    ADD CHECK (import_id IS NULL OR source = 'import');
CREATE INDEX examples_of_an_import ON examples (import_id);
