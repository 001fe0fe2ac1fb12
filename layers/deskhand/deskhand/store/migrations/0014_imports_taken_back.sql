-- An import can be deleted with its rows, except those that a later import has brought again.
ALTER TABLE examples
    -- NULL: not imported, or imported before this column existed.
    ADD COLUMN import_id text REFERENCES imports,
    ADD CHECK (import_id IS NULL OR source = 'import');
CREATE INDEX examples_of_an_import ON examples (import_id);
