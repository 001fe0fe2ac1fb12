-- Who may read an article: those who work on tickets, until somebody says everyone.
ALTER TABLE articles ADD COLUMN readers text NOT NULL DEFAULT 'staff'
    CHECK (readers IN ('staff', 'everyone'));
