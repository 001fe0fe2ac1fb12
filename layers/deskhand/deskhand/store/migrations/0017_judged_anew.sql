-- A suggestion holds for the two texts that were compared: an edit of one of them makes it invalid.
ALTER TABLE duplicate_suggestions
    ADD COLUMN text_version    integer NOT NULL DEFAULT 1,
    ADD COLUMN similar_version integer NOT NULL DEFAULT 1;
ALTER TABLE duplicate_suggestions
    ALTER COLUMN text_version DROP DEFAULT,
    ALTER COLUMN similar_version DROP DEFAULT;

-- Words in scripts without spaces, or with vowel marks, are now separated in another way:
-- refresh_vectors reads those tickets again.
UPDATE ticket_vectors SET text_version = 0
WHERE ticket_id IN (
    SELECT id FROM tickets
    WHERE subject || body ~ '[\u0900-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]');
