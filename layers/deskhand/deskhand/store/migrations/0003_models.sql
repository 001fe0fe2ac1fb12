-- Model calls and their outcomes, what protects against failing models, and reused answers.

-- One row per call, also for failed calls and for answers from the cache. It holds figures only: it
-- stays when the ticket is deleted, because the money was spent.
CREATE TABLE model_calls (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    run_id         bigint REFERENCES runs ON DELETE SET NULL,
    step           text NOT NULL,
    provider       text NOT NULL,
    model          text NOT NULL,
    prompt         text NOT NULL,
    prompt_version text NOT NULL, -- the hash of the prompt file's content
    started_at     timestamptz NOT NULL,
    latency_ms     integer NOT NULL CHECK (latency_ms >= 0),
    requests       integer NOT NULL CHECK (requests >= 0), -- 2: the first answer had to be repaired
    input_tokens   integer NOT NULL CHECK (input_tokens >= 0),
    output_tokens  integer NOT NULL CHECK (output_tokens >= 0),
    cost_usd       numeric(16, 9) CHECK (cost_usd >= 0), -- NULL: unknown
    outcome        text NOT NULL, -- 'ok', or the name of the error
    cached         boolean NOT NULL,
    fallback       boolean NOT NULL, -- an earlier provider of the chain failed or was skipped
    CHECK (NOT cached OR (outcome = 'ok' AND requests = 0 AND cost_usd = 0))
);
CREATE INDEX model_calls_of_a_run ON model_calls (run_id);
CREATE INDEX model_calls_by_time ON model_calls (started_at);

-- The model's answer, word by word. It may quote the ticket: it is deleted with the run, or when it
-- expires.
CREATE TABLE model_replies (
    call_id    bigint PRIMARY KEY REFERENCES model_calls ON DELETE CASCADE,
    run_id     bigint NOT NULL REFERENCES runs ON DELETE CASCADE,
    reply      text NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX model_replies_of_a_run ON model_replies (run_id);
CREATE INDEX model_replies_by_expiry ON model_replies (expires_at);

-- Breaker and limiter of each model, shared by all functions. Every change is made under the row's
-- lock and by the database's clock.
CREATE TABLE model_gates (
    provider     text NOT NULL,
    model        text NOT NULL,
    -- Breaker: calls and failures since `window_from`; open since `opened_at`, closed when it is
    -- NULL.
    window_from  timestamptz NOT NULL DEFAULT now(),
    calls        integer NOT NULL DEFAULT 0,
    failures     integer NOT NULL DEFAULT 0,
    opened_at    timestamptz,
    probe_until  timestamptz, -- the lease of the only call that may probe
    -- Limiter: the time of the next request, and of the next token, at an even pace.
    requests_due timestamptz NOT NULL DEFAULT now(),
    tokens_due   timestamptz NOT NULL DEFAULT now(),
    not_before   timestamptz NOT NULL DEFAULT now(), -- the provider asked us to wait until then
    PRIMARY KEY (provider, model),
    CHECK (failures BETWEEN 0 AND calls),
    CHECK (probe_until IS NULL OR opened_at IS NOT NULL)
) WITH (fillfactor = 10); -- one page, rewritten in place

-- The costs of models by day (UTC), spent and reserved.
CREATE TABLE model_days (
    day      date PRIMARY KEY,
    cost_usd numeric(16, 9) NOT NULL DEFAULT 0
) WITH (fillfactor = 10);

-- Answers by the hash of all that the model would read. An entry without an answer is a lease: a
-- caller is asking the model right now.
CREATE TABLE model_cache (
    key        bytea PRIMARY KEY CHECK (octet_length(key) = 32),
    answer     text,
    run_id     bigint REFERENCES runs ON DELETE CASCADE, -- whose ticket the answer may quote
    expires_at timestamptz NOT NULL
);
CREATE INDEX model_cache_of_a_run ON model_cache (run_id);
CREATE INDEX model_cache_by_expiry ON model_cache (expires_at);

CREATE INDEX tickets_answered_by_a_fallback ON tickets (id) WHERE ai_status = 'FALLBACK';
