-- Jeton's store, first version. What the columns mean stands in jeton-core's `model` and `intent`.
--
-- Times are microseconds since 1970-01-01T00:00:00Z. Words (states, kinds, algorithms) have no CHECK, as in SQLite:
-- `rows.rs` refuses what it does not know. Text compares byte for byte (COLLATE "C"), whatever the database's own
-- collation is.

-- The number of the last commit. Every commit raises it first, so that commits stand in one order.
CREATE TABLE counter (
    id       BIGINT NOT NULL PRIMARY KEY CHECK (id = 1),
    sequence BIGINT NOT NULL
);
INSERT INTO counter (id, sequence) VALUES (1, 0);

-- What was done: invalidation and audit alike.
CREATE TABLE changes (
    sequence    BIGINT NOT NULL,
    position    BIGINT NOT NULL,
    time        BIGINT NOT NULL,
    actor       TEXT COLLATE "C" NOT NULL,
    address     TEXT COLLATE "C",
    request_id  TEXT COLLATE "C",
    reason      TEXT COLLATE "C",
    kind        TEXT COLLATE "C" NOT NULL,
    environment TEXT COLLATE "C",
    company     TEXT COLLATE "C",
    target      TEXT COLLATE "C" NOT NULL,
    outcome     TEXT COLLATE "C" NOT NULL,
    invalidates BIGINT NOT NULL,
    digest      BYTEA NOT NULL,
    PRIMARY KEY (sequence, position)
);
CREATE INDEX changes_time ON changes (time);

-- The environments that are served.
CREATE TABLE environments (
    name TEXT COLLATE "C" NOT NULL PRIMARY KEY
);

-- Single values of the installation, such as the one that proves a master key right.
CREATE TABLE settings (
    name       TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    value      BYTEA NOT NULL,
    master_key TEXT COLLATE "C"
);

-- A deleted company stays as a tombstone.
CREATE TABLE companies (
    id               TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    name             TEXT COLLATE "C" NOT NULL,
    state            TEXT COLLATE "C" NOT NULL,
    credential_limit BIGINT NOT NULL,
    created          BIGINT NOT NULL,
    revision         BIGINT NOT NULL
);

CREATE TABLE apis (
    id        TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    algorithm TEXT COLLATE "C" NOT NULL,
    created   BIGINT NOT NULL,
    revision  BIGINT NOT NULL
);

-- The environment '' is the default, for every environment without a row of its own. That no two APIs meet in
-- an environment cannot be said by a constraint, so commits check it.
CREATE TABLE api_audiences (
    api         TEXT COLLATE "C" NOT NULL REFERENCES apis (id) ON DELETE CASCADE,
    environment TEXT COLLATE "C" NOT NULL,
    audience    TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (api, environment)
);
CREATE INDEX api_audiences_audience ON api_audiences (audience);

CREATE TABLE scopes (
    name TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    api  TEXT COLLATE "C" NOT NULL REFERENCES apis (id) ON DELETE CASCADE,
    UNIQUE (api, name)
);

-- A deleted credential stays as a tombstone, so that neither its client id nor a look-alike is given out again.
CREATE TABLE credentials (
    environment      TEXT COLLATE "C" NOT NULL,
    client_id        TEXT COLLATE "C" NOT NULL,
    client_id_folded TEXT COLLATE "C" NOT NULL,
    company          TEXT COLLATE "C" NOT NULL REFERENCES companies (id),
    label            TEXT COLLATE "C",
    owner            TEXT COLLATE "C",
    state            TEXT COLLATE "C" NOT NULL,
    handle           TEXT COLLATE "C" NOT NULL UNIQUE,
    generation       BIGINT NOT NULL,
    created          BIGINT NOT NULL,
    expires          BIGINT,
    revision         BIGINT NOT NULL,
    PRIMARY KEY (environment, client_id),
    UNIQUE (environment, client_id_folded)
);
CREATE INDEX credentials_company ON credentials (company, environment, client_id) WHERE state <> 'deleted';

CREATE TABLE grants (
    environment TEXT COLLATE "C" NOT NULL,
    client_id   TEXT COLLATE "C" NOT NULL,
    api         TEXT COLLATE "C" NOT NULL REFERENCES apis (id),
    PRIMARY KEY (environment, client_id, api),
    FOREIGN KEY (environment, client_id) REFERENCES credentials (environment, client_id)
);
CREATE INDEX grants_api ON grants (api);

-- `api` repeats the scope's own, so that a scope cannot outlive the grant that it belongs to.
CREATE TABLE grant_scopes (
    environment TEXT COLLATE "C" NOT NULL,
    client_id   TEXT COLLATE "C" NOT NULL,
    api         TEXT COLLATE "C" NOT NULL,
    scope       TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (environment, client_id, api, scope),
    FOREIGN KEY (environment, client_id, api) REFERENCES grants (environment, client_id, api) ON DELETE CASCADE,
    FOREIGN KEY (api, scope) REFERENCES scopes (api, name)
);
CREATE INDEX grant_scopes_scope ON grant_scopes (api, scope);

CREATE TABLE secrets (
    environment TEXT COLLATE "C" NOT NULL,
    client_id   TEXT COLLATE "C" NOT NULL,
    id          TEXT COLLATE "C" NOT NULL UNIQUE,
    kind        TEXT COLLATE "C" NOT NULL,
    hash_kind   TEXT COLLATE "C" NOT NULL,
    hash        BYTEA NOT NULL,
    hash_key    BIGINT,
    lookup_tag  BYTEA,
    last_four   TEXT COLLATE "C" NOT NULL,
    created     BIGINT NOT NULL,
    expires     BIGINT,
    revoked     BIGINT,
    PRIMARY KEY (environment, client_id, id),
    FOREIGN KEY (environment, client_id) REFERENCES credentials (environment, client_id)
);
CREATE INDEX secrets_lookup_tag ON secrets (lookup_tag) WHERE lookup_tag IS NOT NULL;
CREATE INDEX secrets_hash_key ON secrets (hash_key) WHERE hash_key IS NOT NULL;

CREATE TABLE signing_keys (
    kid          TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    environment  TEXT COLLATE "C" NOT NULL,
    algorithm    TEXT COLLATE "C" NOT NULL,
    state        TEXT COLLATE "C" NOT NULL,
    published    BIGINT NOT NULL,
    active_from  BIGINT NOT NULL,
    sign_until   BIGINT,
    remove_after BIGINT,
    private      BYTEA NOT NULL,
    master_key   TEXT COLLATE "C" NOT NULL
);
CREATE UNIQUE INDEX signing_keys_active ON signing_keys (environment, algorithm) WHERE state = 'active';

CREATE TABLE hash_keys (
    number     BIGINT NOT NULL PRIMARY KEY,
    key        BYTEA NOT NULL,
    master_key TEXT COLLATE "C" NOT NULL,
    created    BIGINT NOT NULL
);
