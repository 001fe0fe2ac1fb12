-- Two tabs of one browser may send the same refresh token at the same moment. Both get the same
-- next token: it is derived from the old one and `salt`, and cannot be derived from only one of
-- them.
ALTER TABLE refresh_tokens
    ADD COLUMN salt    bytea CHECK (octet_length(salt) = 32),
    -- Address and User-Agent of the caller that used the token, hashed with the token.
    ADD COLUMN used_by bytea CHECK (octet_length(used_by) = 32);
