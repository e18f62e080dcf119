-- Jeton's store, first version. What the columns mean stands in jeton-core's `model` and `intent`.
--
-- Times are microseconds since 1970-01-01T00:00:00Z. Words (states, kinds, algorithms) have no CHECK: a later
-- version may add one, and SQLite cannot change a CHECK without rebuilding the table; `rows.rs` refuses what it
-- does not know. Text compares byte for byte (SQLite's BINARY, the default).

-- "Jeto": what tells this file from any other SQLite database.
PRAGMA application_id = 1248162927;

-- The number of the last commit. Every commit raises it first, so that commits stand in one order.
CREATE TABLE counter (
    id       INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    sequence INTEGER NOT NULL
) STRICT;
INSERT INTO counter (id, sequence) VALUES (1, 0);

-- What was done: invalidation and audit alike.
CREATE TABLE changes (
    sequence    INTEGER NOT NULL,
    position    INTEGER NOT NULL,
    time        INTEGER NOT NULL,
    actor       TEXT    NOT NULL,
    address     TEXT,
    request_id  TEXT,
    reason      TEXT,
    kind        TEXT    NOT NULL,
    environment TEXT,
    company     TEXT,
    target      TEXT    NOT NULL,
    outcome     TEXT    NOT NULL,
    invalidates INTEGER NOT NULL,
    digest      BLOB    NOT NULL,
    PRIMARY KEY (sequence, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX changes_time ON changes (time);

-- The environments that are served.
CREATE TABLE environments (
    name TEXT NOT NULL PRIMARY KEY
) STRICT, WITHOUT ROWID;

-- Single values of the installation, such as the one that proves a master key right.
CREATE TABLE settings (
    name       TEXT NOT NULL PRIMARY KEY,
    value      BLOB NOT NULL,
    master_key TEXT
) STRICT, WITHOUT ROWID;

-- A deleted company stays as a tombstone.
CREATE TABLE companies (
    id               TEXT    NOT NULL PRIMARY KEY,
    name             TEXT    NOT NULL,
    state            TEXT    NOT NULL,
    credential_limit INTEGER NOT NULL,
    created          INTEGER NOT NULL,
    revision         INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE apis (
    id        TEXT    NOT NULL PRIMARY KEY,
    algorithm TEXT    NOT NULL,
    created   INTEGER NOT NULL,
    revision  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- The environment '' is the default, for every environment without a row of its own. That no two APIs meet in
-- an environment cannot be said by a constraint, so commits check it.
CREATE TABLE api_audiences (
    api         TEXT NOT NULL REFERENCES apis (id) ON DELETE CASCADE,
    environment TEXT NOT NULL,
    audience    TEXT NOT NULL,
    PRIMARY KEY (api, environment)
) STRICT, WITHOUT ROWID;
CREATE INDEX api_audiences_audience ON api_audiences (audience);

CREATE TABLE scopes (
    name TEXT NOT NULL PRIMARY KEY,
    api  TEXT NOT NULL REFERENCES apis (id) ON DELETE CASCADE,
    UNIQUE (api, name)
) STRICT, WITHOUT ROWID;

-- A deleted credential stays as a tombstone, so that neither its client id nor a look-alike is given out again.
CREATE TABLE credentials (
    environment      TEXT    NOT NULL,
    client_id        TEXT    NOT NULL,
    client_id_folded TEXT    NOT NULL,
    company          TEXT    NOT NULL REFERENCES companies (id),
    label            TEXT,
    owner            TEXT,
    state            TEXT    NOT NULL,
    handle           TEXT    NOT NULL UNIQUE,
    generation       INTEGER NOT NULL,
    created          INTEGER NOT NULL,
    expires          INTEGER,
    revision         INTEGER NOT NULL,
    PRIMARY KEY (environment, client_id),
    UNIQUE (environment, client_id_folded)
) STRICT, WITHOUT ROWID;
CREATE INDEX credentials_company ON credentials (company, environment, client_id) WHERE state <> 'deleted';

CREATE TABLE grants (
    environment TEXT NOT NULL,
    client_id   TEXT NOT NULL,
    api         TEXT NOT NULL REFERENCES apis (id),
    PRIMARY KEY (environment, client_id, api),
    FOREIGN KEY (environment, client_id) REFERENCES credentials (environment, client_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX grants_api ON grants (api);

-- `api` repeats the scope's own, so that a scope cannot outlive the grant that it belongs to.
CREATE TABLE grant_scopes (
    environment TEXT NOT NULL,
    client_id   TEXT NOT NULL,
    api         TEXT NOT NULL,
    scope       TEXT NOT NULL,
    PRIMARY KEY (environment, client_id, api, scope),
    FOREIGN KEY (environment, client_id, api) REFERENCES grants (environment, client_id, api) ON DELETE CASCADE,
    FOREIGN KEY (api, scope) REFERENCES scopes (api, name)
) STRICT, WITHOUT ROWID;
CREATE INDEX grant_scopes_scope ON grant_scopes (api, scope);

CREATE TABLE secrets (
    environment TEXT    NOT NULL,
    client_id   TEXT    NOT NULL,
    id          TEXT    NOT NULL UNIQUE,
    kind        TEXT    NOT NULL,
    hash_kind   TEXT    NOT NULL,
    hash        BLOB    NOT NULL,
    hash_key    INTEGER,
    lookup_tag  BLOB,
    last_four   TEXT    NOT NULL,
    created     INTEGER NOT NULL,
    expires     INTEGER,
    revoked     INTEGER,
    PRIMARY KEY (environment, client_id, id),
    FOREIGN KEY (environment, client_id) REFERENCES credentials (environment, client_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX secrets_lookup_tag ON secrets (lookup_tag) WHERE lookup_tag IS NOT NULL;
CREATE INDEX secrets_hash_key ON secrets (hash_key) WHERE hash_key IS NOT NULL;

CREATE TABLE signing_keys (
    kid          TEXT    NOT NULL PRIMARY KEY,
    environment  TEXT    NOT NULL,
    algorithm    TEXT    NOT NULL,
    state        TEXT    NOT NULL,
    published    INTEGER NOT NULL,
    active_from  INTEGER NOT NULL,
    sign_until   INTEGER,
    remove_after INTEGER,
    private      BLOB    NOT NULL,
    master_key   TEXT    NOT NULL
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX signing_keys_active ON signing_keys (environment, algorithm) WHERE state = 'active';

CREATE TABLE hash_keys (
    number     INTEGER NOT NULL PRIMARY KEY,
    key        BLOB    NOT NULL,
    master_key TEXT    NOT NULL,
    created    INTEGER NOT NULL
) STRICT;
