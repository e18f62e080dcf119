-- What ends and what is counted: tokens that were revoked, keys that rotate, secrets' last uses, requests by the minute.

-- Two nodes may not both publish the key that signs next.
CREATE UNIQUE INDEX signing_keys_next ON signing_keys (environment, algorithm) WHERE state = 'next';

-- What verifiers refuse before it expires. Where `jti` is '', every token of the handle whose generation is below
-- `generation`; otherwise the one token, and `generation` is 0. Rows are added and in the end purged, never changed.
CREATE TABLE revocations (
    environment TEXT COLLATE "C" NOT NULL,
    handle      TEXT COLLATE "C" NOT NULL,
    jti         TEXT COLLATE "C" NOT NULL,
    generation  BIGINT NOT NULL,
    sequence    BIGINT NOT NULL,
    expires     BIGINT NOT NULL,
    PRIMARY KEY (environment, handle, jti, generation)
);
CREATE INDEX revocations_sequence ON revocations (sequence);
CREATE INDEX revocations_expires ON revocations (expires);

-- The last use of each secret that was used: when, and by whom.
CREATE TABLE secret_uses (
    secret      TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    time        BIGINT NOT NULL,
    address     TEXT COLLATE "C",
    user_agent  TEXT COLLATE "C",
    tracking_id TEXT COLLATE "C"
);

-- How often what happened. `span` is 'minute', 'hour' or 'day', and `start` when that began. `secret` is '' where none
-- was right, `outcome` is 'issued' or a reason, and both ids are '' for whoever is not known.
CREATE TABLE usage (
    span        TEXT COLLATE "C" NOT NULL,
    start       BIGINT NOT NULL,
    environment TEXT COLLATE "C" NOT NULL,
    client_id   TEXT COLLATE "C" NOT NULL,
    secret      TEXT COLLATE "C" NOT NULL,
    endpoint    TEXT COLLATE "C" NOT NULL,
    outcome     TEXT COLLATE "C" NOT NULL,
    count       BIGINT NOT NULL,
    PRIMARY KEY (span, start, environment, client_id, secret, endpoint, outcome)
);
CREATE INDEX usage_credential ON usage (environment, client_id, span, start);

-- Who counts, and the number of the last batch that is in `usage`: one process each.
CREATE TABLE usage_writers (
    writer  TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    node    TEXT COLLATE "C" NOT NULL,
    batch   BIGINT NOT NULL,
    written BIGINT NOT NULL
);
