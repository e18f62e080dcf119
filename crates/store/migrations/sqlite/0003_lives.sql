-- What ends and what is counted: tokens that were revoked, keys that rotate, secrets' last uses, requests by the minute.

-- Two nodes may not both publish the key that signs next.
CREATE UNIQUE INDEX signing_keys_next ON signing_keys (environment, algorithm) WHERE state = 'next';

-- What verifiers refuse before it expires. Where `jti` is '', every token of the handle whose generation is below
-- `generation`; otherwise the one token, and `generation` is 0. Rows are added and in the end purged, never changed.
CREATE TABLE revocations (
    environment TEXT NOT NULL,
    handle      TEXT NOT NULL,
    jti         TEXT NOT NULL,
    generation  INTEGER NOT NULL,
    sequence    INTEGER NOT NULL,
    expires     INTEGER NOT NULL,
    PRIMARY KEY (environment, handle, jti, generation)
) STRICT;
CREATE INDEX revocations_sequence ON revocations (sequence);
CREATE INDEX revocations_expires ON revocations (expires);

-- The last use of each secret that was used: when, and by whom.
CREATE TABLE secret_uses (
    secret      TEXT NOT NULL PRIMARY KEY,
    time        INTEGER NOT NULL,
    address     TEXT,
    user_agent  TEXT,
    tracking_id TEXT
) STRICT;

-- How often what happened. `span` is 'minute', 'hour' or 'day', and `start` when that began. `secret` is '' where none
-- was right, `outcome` is 'issued' or a reason, and both ids are '' for whoever is not known.
CREATE TABLE usage (
    span        TEXT NOT NULL,
    start       INTEGER NOT NULL,
    environment TEXT NOT NULL,
    client_id   TEXT NOT NULL,
    secret      TEXT NOT NULL,
    endpoint    TEXT NOT NULL,
    outcome     TEXT NOT NULL,
    count       INTEGER NOT NULL,
    PRIMARY KEY (span, start, environment, client_id, secret, endpoint, outcome)
) STRICT;
CREATE INDEX usage_credential ON usage (environment, client_id, span, start);

-- Who counts, and the number of the last batch that is in `usage`: one process each.
CREATE TABLE usage_writers (
    writer  TEXT NOT NULL PRIMARY KEY,
    node    TEXT NOT NULL,
    batch   INTEGER NOT NULL,
    written INTEGER NOT NULL
) STRICT;
