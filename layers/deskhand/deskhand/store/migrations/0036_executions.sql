-- The execution that works on the run's attempt: the first one whose step came. Another one of the
-- same attempt, as EXPRESS may start, finds the attempt taken and changes nothing.
ALTER TABLE runs ADD COLUMN execution text CHECK (char_length(execution) <= 2048);
