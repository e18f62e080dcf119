//! What a copy takes along: every table, with its columns and the key that orders its rows.
//!
//! To add a table or a column: here, by hand, so that somebody decides what becomes of it. A test compares the list
//! with the schema of each database.

/// A table that is copied.
pub(super) struct Table {
    pub(super) name: &'static str,
    /// The primary key, which orders rows alike in every database: text compares byte for byte.
    pub(super) key: &'static [&'static str],
    pub(super) columns: &'static [(&'static str, Kind)],
}

/// What a column holds, beside NULL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Text,
    Integer,
    Bytes,
}

use Kind::{Bytes, Integer, Text};

/// What is not copied, and is empty afterwards: bookkeeping of the nodes that run on a store.
pub(super) const NODES_OWN: &[&str] = &["leases", "usage_writers"];

/// Those whose rows refer to others come after them.
pub(super) const TABLES: &[Table] = &[
    Table { name: "counter", key: &["id"], columns: &[("id", Integer), ("sequence", Integer)] },
    Table {
        name: "changes",
        key: &["sequence", "position"],
        columns: &[
            ("sequence", Integer),
            ("position", Integer),
            ("time", Integer),
            ("actor", Text),
            ("address", Text),
            ("request_id", Text),
            ("reason", Text),
            ("kind", Text),
            ("environment", Text),
            ("company", Text),
            ("target", Text),
            ("outcome", Text),
            ("invalidates", Integer),
            ("digest", Bytes),
        ],
    },
    Table { name: "environments", key: &["name"], columns: &[("name", Text)] },
    Table {
        name: "settings",
        key: &["name"],
        columns: &[("name", Text), ("value", Bytes), ("master_key", Text)],
    },
    Table {
        name: "companies",
        key: &["id"],
        columns: &[
            ("id", Text),
            ("name", Text),
            ("state", Text),
            ("credential_limit", Integer),
            ("created", Integer),
            ("revision", Integer),
        ],
    },
    Table {
        name: "apis",
        key: &["id"],
        columns: &[("id", Text), ("algorithm", Text), ("created", Integer), ("revision", Integer)],
    },
    Table {
        name: "api_audiences",
        key: &["api", "environment"],
        columns: &[("api", Text), ("environment", Text), ("audience", Text)],
    },
    Table { name: "scopes", key: &["name"], columns: &[("name", Text), ("api", Text)] },
    Table {
        name: "credentials",
        key: &["environment", "client_id"],
        columns: &[
            ("environment", Text),
            ("client_id", Text),
            ("client_id_folded", Text),
            ("company", Text),
            ("label", Text),
            ("owner", Text),
            ("state", Text),
            ("handle", Text),
            ("generation", Integer),
            ("created", Integer),
            ("expires", Integer),
            ("revision", Integer),
            ("networks", Text),
        ],
    },
    Table {
        name: "operator_scopes",
        key: &["client_id", "scope"],
        columns: &[("client_id", Text), ("scope", Text)],
    },
    Table {
        name: "grants",
        key: &["environment", "client_id", "api"],
        columns: &[("environment", Text), ("client_id", Text), ("api", Text)],
    },
    Table {
        name: "grant_scopes",
        key: &["environment", "client_id", "api", "scope"],
        columns: &[("environment", Text), ("client_id", Text), ("api", Text), ("scope", Text)],
    },
    Table {
        name: "operator_scopes",
        key: &["client_id", "scope"],
        columns: &[("client_id", Text), ("scope", Text)],
    },
    Table {
        name: "secrets",
        key: &["environment", "client_id", "id"],
        columns: &[
            ("environment", Text),
            ("client_id", Text),
            ("id", Text),
            ("kind", Text),
            ("hash_kind", Text),
            ("hash", Bytes),
            ("hash_key", Integer),
            ("lookup_tag", Bytes),
            ("last_four", Text),
            ("created", Integer),
            ("expires", Integer),
            ("revoked", Integer),
        ],
    },
    Table {
        name: "signing_keys",
        key: &["kid"],
        columns: &[
            ("kid", Text),
            ("environment", Text),
            ("algorithm", Text),
            ("state", Text),
            ("published", Integer),
            ("active_from", Integer),
            ("sign_until", Integer),
            ("remove_after", Integer),
            ("private", Bytes),
            ("master_key", Text),
        ],
    },
    Table {
        name: "hash_keys",
        key: &["number"],
        columns: &[("number", Integer), ("key", Bytes), ("master_key", Text), ("created", Integer)],
    },
    Table {
        name: "revocations",
        key: &["environment", "handle", "jti", "generation"],
        columns: &[
            ("environment", Text),
            ("handle", Text),
            ("jti", Text),
            ("generation", Integer),
            ("sequence", Integer),
            ("expires", Integer),
        ],
    },
    Table {
        name: "secret_uses",
        key: &["secret"],
        columns: &[
            ("secret", Text),
            ("time", Integer),
            ("address", Text),
            ("user_agent", Text),
            ("tracking_id", Text),
        ],
    },
    Table {
        name: "usage",
        key: &["span", "start", "environment", "client_id", "secret", "endpoint", "outcome"],
        columns: &[
            ("span", Text),
            ("start", Integer),
            ("environment", Text),
            ("client_id", Text),
            ("secret", Text),
            ("endpoint", Text),
            ("outcome", Text),
            ("count", Integer),
        ],
    },
    Table {
        name: "creations",
        key: &["key"],
        columns: &[
            ("key", Bytes),
            ("request", Bytes),
            ("kind", Text),
            ("environment", Text),
            ("target", Text),
            ("sequence", Integer),
            ("expires", Integer),
        ],
    },
    // The rows that it is about are copied as they are, so the chain stays whole.
    Table {
        name: "audit_chain",
        key: &["id"],
        columns: &[
            ("id", Integer),
            ("key", Bytes),
            ("master_key", Text),
            ("head_sequence", Integer),
            ("head_position", Integer),
            ("head_digest", Bytes),
            ("base_sequence", Integer),
            ("base_position", Integer),
            ("base_time", Integer),
            ("base_digest", Bytes),
            ("base_mac", Bytes),
        ],
    },
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use jeton_testkit::Database;
    use sqlx::Connection as _;

    use super::{Kind, NODES_OWN, TABLES};
    use crate::schema::migrator;

    /// Table, column, type, and the column's place in the key.
    type Column = (String, String, Kind, Option<usize>);

    fn listed() -> BTreeSet<Column> {
        let of = |table: &'static super::Table| {
            table.columns.iter().map(move |(column, kind)| {
                let place = table.key.iter().position(|key| key == column);
                (table.name.to_owned(), (*column).to_owned(), *kind, place)
            })
        };
        TABLES.iter().flat_map(of).collect()
    }

    fn found(rows: Vec<(String, String, String, i64)>) -> BTreeSet<Column> {
        let rows = rows
            .into_iter()
            .filter(|(table, ..)| table != "_sqlx_migrations" && !NODES_OWN.contains(&table.as_str()));
        let column = |(table, column, kind, place): (String, String, String, i64)| {
            let kind = match kind.as_str() {
                "TEXT" | "text" => Kind::Text,
                "INTEGER" | "bigint" => Kind::Integer,
                "BLOB" | "bytea" => Kind::Bytes,
                other => panic!("{table}.{column} is {other}, which a copy does not know"),
            };
            (table, column, kind, usize::try_from(place - 1).ok())
        };
        rows.map(column).collect()
    }

    #[tokio::test]
    async fn nothing_of_the_schema_of_sqlite_is_forgotten() {
        let pool = sqlx::sqlite::SqlitePoolOptions::new().max_connections(1);
        let pool = pool.connect("sqlite::memory:").await.expect("a database");
        migrator(|texts| texts.sqlite).run(&pool).await.expect("the schema");
        let all = "SELECT m.name, c.name, c.type, c.pk FROM sqlite_schema m, pragma_table_info(m.name) c \
                   WHERE m.type = 'table'";
        assert_eq!(found(sqlx::query_as(all).fetch_all(&pool).await.expect("the columns")), listed());
    }

    #[tokio::test]
    async fn nothing_of_the_schema_of_postgres_is_forgotten() {
        let database = Database::create();
        let pool = sqlx::PgPool::connect(&database.url()).await.expect("a database");
        migrator(|texts| texts.postgres).run(&pool).await.expect("the schema");
        let all = "SELECT c.table_name::text, c.column_name::text, c.data_type::text, \
                          COALESCE(k.ordinal_position, 0)::bigint \
                   FROM information_schema.columns c \
                   LEFT JOIN information_schema.table_constraints t ON t.table_schema = 'public' \
                        AND t.table_name = c.table_name AND t.constraint_type = 'PRIMARY KEY' \
                   LEFT JOIN information_schema.key_column_usage k ON k.table_schema = 'public' \
                        AND k.constraint_name = t.constraint_name AND k.column_name = c.column_name \
                   WHERE c.table_schema = 'public'";
        let mut connection = pool.acquire().await.expect("a connection");
        let rows = sqlx::query_as(all).fetch_all(&mut *connection).await.expect("the columns");
        assert_eq!(found(rows), listed());
        connection.detach().close().await.expect("it closes");
    }
}
