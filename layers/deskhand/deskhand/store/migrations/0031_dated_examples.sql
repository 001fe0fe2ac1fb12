-- The wording of the catalog is one more opinion: the next run of learn trains again.
-- contract: without a classifier, functions that run ask the rules and the memory alone.
DELETE FROM classifiers;

-- When an imported ticket came in, if the import says so; for others the ticket says it.
ALTER TABLE examples ADD COLUMN happened_at timestamptz;
