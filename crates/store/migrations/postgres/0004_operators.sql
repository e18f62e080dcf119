-- What operators need: addresses that a credential may be used from, what operators may do, creations that are asked for
-- twice, and the chain that shows whether the log of changes was touched.

-- The networks that a credential may be used from, separated by spaces, such as '192.0.2.0/24 2001:db8::/32'; NULL for
-- every address.
ALTER TABLE credentials ADD COLUMN networks TEXT COLLATE "C";

-- What the credentials in the environment `management` may do. These are no scopes of a stored API, so that they take
-- no name away from one.
CREATE TABLE operator_scopes (
    client_id TEXT COLLATE "C" NOT NULL,
    scope     TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (client_id, scope)
);

-- What was made under a key that its maker chose, so that the same request, sent again, makes no second. `key` is a
-- keyed hash of it and of who sent it, `request` a hash of what was asked.
CREATE TABLE creations (
    key         BYTEA NOT NULL PRIMARY KEY,
    request     BYTEA NOT NULL,
    kind        TEXT COLLATE "C" NOT NULL,
    environment TEXT COLLATE "C",
    target      TEXT COLLATE "C" NOT NULL,
    sequence    BIGINT NOT NULL,
    expires     BIGINT NOT NULL
);
CREATE INDEX creations_expires ON creations (expires);

-- The chain over `changes`: its head, which moves with every commit, and its base, which moves when old rows are purged.
-- `key` is what the digests are made with, sealed under the master key; without it there is no chain yet.
CREATE TABLE audit_chain (
    id            BIGINT NOT NULL PRIMARY KEY CHECK (id = 1),
    key           BYTEA,
    master_key    TEXT COLLATE "C",
    head_sequence BIGINT NOT NULL,
    head_position BIGINT NOT NULL,
    head_digest   BYTEA NOT NULL,
    base_sequence BIGINT NOT NULL,
    base_position BIGINT NOT NULL,
    base_time     BIGINT NOT NULL,
    base_digest   BYTEA NOT NULL,
    base_mac      BYTEA NOT NULL
);

CREATE INDEX companies_name ON companies (name, id);
