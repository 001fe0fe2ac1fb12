-- Why a ticket waits for a person's review; empty for one that was put there before this was known.
ALTER TABLE tickets ADD COLUMN review_reasons text[] NOT NULL DEFAULT '{}';
