-- What operators need: addresses that a credential may be used from, what operators may do, creations that are asked for
-- twice, and the chain that shows whether the log of changes was touched.

-- The networks that a credential may be used from, separated by spaces, such as '192.0.2.0/24 2001:db8::/32'; NULL for
-- every address.
ALTER TABLE credentials ADD COLUMN networks TEXT;

-- What the credentials in the environment `management` may do. These are no scopes of a stored API, so that they take
-- no name away from one.
CREATE TABLE operator_scopes (
    client_id TEXT NOT NULL,
    scope     TEXT NOT NULL,
    PRIMARY KEY (client_id, scope)
) STRICT, WITHOUT ROWID;

-- What was made under a key that its maker chose, so that the same request, sent again, makes no second. `key` is a
-- keyed hash of it and of who sent it, `request` a hash of what was asked.
CREATE TABLE creations (
    key         BLOB    NOT NULL PRIMARY KEY,
    request     BLOB    NOT NULL,
    kind        TEXT    NOT NULL,
    environment TEXT,
    target      TEXT    NOT NULL,
    sequence    INTEGER NOT NULL,
    expires     INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX creations_expires ON creations (expires);

-- The chain over `changes`: its head, which moves with every commit, and its base, which moves when old rows are purged.
-- `key` is what the digests are made with, sealed under the master key; without it there is no chain yet.
CREATE TABLE audit_chain (
    id            INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    key           BLOB,
    master_key    TEXT,
    head_sequence INTEGER NOT NULL,
    head_position INTEGER NOT NULL,
    head_digest   BLOB    NOT NULL,
    base_sequence INTEGER NOT NULL,
    base_position INTEGER NOT NULL,
    base_time     INTEGER NOT NULL,
    base_digest   BLOB    NOT NULL,
    base_mac      BLOB    NOT NULL
) STRICT;

CREATE INDEX companies_name ON companies (name, id);
