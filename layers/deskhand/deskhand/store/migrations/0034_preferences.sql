-- How a person likes the console, and the lists that they have given names.
ALTER TABLE accounts ADD COLUMN preferences jsonb NOT NULL DEFAULT '{}';
