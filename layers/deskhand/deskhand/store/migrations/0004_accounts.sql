-- Who may call the API: people with passwords, machines with tokens, and the limits of both. No
-- password, token or invitation is stored, only a hash to compare it with.

CREATE TABLE accounts (
    id            uuid PRIMARY KEY,
    email         text NOT NULL UNIQUE -- normalised
                  CHECK (email = lower(email) AND char_length(email) BETWEEN 3 AND 254),
    role          text NOT NULL CHECK (role IN ('admin', 'agent', 'customer')),
    password_hash text NOT NULL CHECK (password_hash LIKE '$argon2id$%'),
    disabled      boolean NOT NULL DEFAULT false,
    created_at    timestamptz NOT NULL DEFAULT now(),
    updated_at    timestamptz NOT NULL DEFAULT now()
);

-- One login. It ends when it expires, by logout, by a new password, or when one of its refresh
-- tokens is used a second time.
CREATE TABLE sessions (
    id         uuid PRIMARY KEY,
    account_id uuid NOT NULL REFERENCES accounts ON DELETE CASCADE,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    ended_at   timestamptz,
    ended_by   text CHECK (ended_by IN ('logout', 'password', 'reuse', 'disabled')),
    CHECK ((ended_at IS NULL) = (ended_by IS NULL))
);
CREATE INDEX sessions_of_an_account ON sessions (account_id);
CREATE INDEX sessions_by_expiry ON sessions (expires_at);

-- Each works once. Used ones stay as long as their session, so that a second use is detected.
CREATE TABLE refresh_tokens (
    hash       bytea PRIMARY KEY CHECK (octet_length(hash) = 32),
    session_id uuid NOT NULL REFERENCES sessions ON DELETE CASCADE,
    used_at    timestamptz
);
CREATE UNIQUE INDEX one_unused_refresh_token_a_session ON refresh_tokens (session_id)
    WHERE used_at IS NULL;
CREATE INDEX refresh_tokens_of_a_session ON refresh_tokens (session_id);

-- The holder of the token may open an account with this address and role, once.
CREATE TABLE invites (
    id          uuid PRIMARY KEY,
    email       text NOT NULL UNIQUE
                CHECK (email = lower(email) AND char_length(email) BETWEEN 3 AND 254),
    role        text NOT NULL CHECK (role IN ('admin', 'agent', 'customer')),
    hash        bytea NOT NULL UNIQUE CHECK (octet_length(hash) = 32),
    by_operator boolean NOT NULL, -- by invoking a function, not over HTTP
    created_at  timestamptz NOT NULL DEFAULT now(),
    expires_at  timestamptz NOT NULL
);

-- Tokens of machines, valid for the named scopes until they expire or are revoked.
CREATE TABLE service_tokens (
    id         uuid PRIMARY KEY,
    name       text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 100),
    hash       bytea NOT NULL UNIQUE CHECK (octet_length(hash) = 32),
    scopes     text[] NOT NULL CHECK (cardinality(scopes) > 0),
    created_by text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz, -- NULL: never
    revoked_at timestamptz
);

-- Password tries for an account from an address, counted before the comparison. Not logged: after a
-- crash the count starts again.
CREATE UNLOGGED TABLE login_tries (
    account     bytea NOT NULL, -- hash of the e-mail address, also of one without an account
    address     text NOT NULL,
    tries       integer NOT NULL CHECK (tries > 0),
    window_from timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (account, address)
);
CREATE INDEX login_tries_by_age ON login_tries (window_from);

-- When the next request of a caller would come at an even pace.
CREATE UNLOGGED TABLE request_paces (
    caller text PRIMARY KEY,
    due    timestamptz NOT NULL
) WITH (fillfactor = 50); -- rows are rewritten in place
