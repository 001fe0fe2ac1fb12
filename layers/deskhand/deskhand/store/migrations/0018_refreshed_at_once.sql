-- Two tabs of one browser may show the same refresh token at the same moment. Both get the same next
-- token: it is made of the old one and `salt`, and neither alone tells it.
ALTER TABLE refresh_tokens
    ADD COLUMN salt    bytea CHECK (octet_length(salt) = 32),
    -- Address and User-Agent of whoever used the token, hashed with the token.
    ADD COLUMN used_by bytea CHECK (octet_length(used_by) = 32);
