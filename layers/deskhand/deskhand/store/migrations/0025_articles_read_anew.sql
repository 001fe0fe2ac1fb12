-- Articles are read by a Markdown parser, once, when they are stored: `reader` is the version of the
-- code that read them, and the migrate function reads those of older versions anew.
ALTER TABLE articles
    ADD COLUMN tags   text[] NOT NULL DEFAULT '{}',
    ADD COLUMN reader integer NOT NULL DEFAULT 0;

-- What a draft may say of a section: sentences, items, rows and code, each as plain text. Sections
-- that an older release read have nothing to say: they may hold comments that nobody should see.
ALTER TABLE article_sections
    ADD COLUMN quotes jsonb NOT NULL DEFAULT '[]' CHECK (jsonb_typeof(quotes) = 'array'),
    ADD COLUMN tags   text NOT NULL DEFAULT '';
ALTER TABLE article_sections DROP COLUMN search;
ALTER TABLE article_sections ADD COLUMN search tsvector GENERATED ALWAYS AS
    (setweight(to_tsvector('english', heading), 'A') || to_tsvector('english', body)
     || to_tsvector('english', tags)) STORED;
CREATE INDEX article_sections_search ON article_sections USING gin (search);
