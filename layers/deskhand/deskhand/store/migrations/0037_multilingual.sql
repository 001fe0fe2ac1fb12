-- The phrases of a catalog name the built-in model that embedded them. Classification reads tickets
-- with the same model, so vectors of two models are never compared.
ALTER TABLE catalog_phrases ADD COLUMN model text NOT NULL DEFAULT 'all-MiniLM-L6-v2';
-- contract: without a fixed length the column takes the vectors of running functions as before, and
-- Postgres rewrites no row.
ALTER TABLE catalog_phrases ALTER COLUMN embedding TYPE vector;
CREATE INDEX examples_nearest_multilingual ON examples
    USING hnsw ((embedding::halfvec(512)) halfvec_cosine_ops)
    WHERE model = 'universal-sentence-encoder-multilingual-3';
