-- How often each step of a run was opened and not closed, by 'step/revision/attempt'. A try that
-- Lambda kills leaves no other trace.
ALTER TABLE runs ADD COLUMN opened jsonb NOT NULL DEFAULT '{}';
