//! What is counted of token requests, who counts, and the last uses of secrets.

use std::fmt::Write as _;
use std::sync::LazyLock;

use crate::statement::InOrder;

/// Rows that [`ADD_MANY`] takes at once.
pub(crate) const MANY: usize = 25;

/// $1 writer; $2 number of the batch; $3 of the one before; $4 time.
pub(crate) const MOVE_WRITER: &str =
    "UPDATE usage_writers SET batch = $2, written = $4 WHERE writer = $1 AND batch = $3";

/// $1 writer.
pub(crate) const LAST_BATCH: &str = "SELECT batch FROM usage_writers WHERE writer = $1";

/// Adds one, unless an earlier try did. $1 writer; $2 node; $3 time.
pub(crate) const OPEN_WRITER: &str =
    "INSERT INTO usage_writers (writer, node, batch, written) VALUES ($1, $2, 0, $3) ON CONFLICT DO NOTHING";

/// $1 writer.
pub(crate) const CLOSE_WRITER: &str = "DELETE FROM usage_writers WHERE writer = $1";

/// $1 node.
pub(crate) const WRITERS: &str =
    "SELECT writer, node, written FROM usage_writers WHERE node = $1 ORDER BY written, writer";

/// $1 time; $2 how many.
pub(crate) const PURGE_WRITERS: &str = "\
DELETE FROM usage_writers WHERE writer IN ( \
    SELECT x.writer FROM usage_writers x WHERE x.written < $1 ORDER BY x.written LIMIT $2) \
RETURNING writer, node, written";

macro_rules! add {
    () => {
        "INSERT INTO usage (span, start, environment, client_id, secret, endpoint, outcome, count) VALUES "
    };
}

macro_rules! to_what_is_there {
    () => {
        " ON CONFLICT (span, start, environment, client_id, secret, endpoint, outcome) \
         DO UPDATE SET count = usage.count + excluded.count"
    };
}

/// $1 span; $2 start; $3 environment; $4 client id; $5 secret; $6 endpoint; $7 outcome; $8 count.
pub(crate) const ADD: &str = concat!(add!(), "($1, $2, $3, $4, $5, $6, $7, $8)", to_what_is_there!());

/// The same for [`MANY`] rows, no two of which are of one kind: eight parameters each.
pub(crate) static ADD_MANY: LazyLock<InOrder> = LazyLock::new(|| {
    let mut sql = add!().to_owned();
    for row in 0..MANY {
        sql.push_str(if row == 0 { "(" } else { ", (" });
        for column in 1..=8 {
            let comma = if column == 1 { "" } else { ", " };
            write!(sql, "{comma}${}", row * 8 + column).expect("a text takes everything");
        }
        sql.push(')');
    }
    sql.push_str(to_what_is_there!());
    InOrder::new(sql)
});

macro_rules! with_uses {
    () => {
        "WITH uses (secret, time, address, user_agent, tracking_id) AS (VALUES "
    };
}

/// A join that neither database may turn round: few secrets are looked up, and never all are read.
macro_rules! use_them {
    () => {
        ") INSERT INTO secret_uses (secret, time, address, user_agent, tracking_id) \
         SELECT s.id, u.time, u.address, u.user_agent, u.tracking_id \
         FROM uses u CROSS JOIN secrets s WHERE s.id = u.secret \
         ON CONFLICT (secret) DO UPDATE SET time = excluded.time, address = excluded.address, \
             user_agent = excluded.user_agent, tracking_id = excluded.tracking_id \
         WHERE secret_uses.time < excluded.time"
    };
}

/// Types of a use's parameters, which `PostgreSQL` does not guess in a list of values.
const USE_TYPES: [&str; 5] = ["TEXT", "BIGINT", "TEXT", "TEXT", "TEXT"];

/// Of a secret that is there, unless a later use is known. $1 secret; $2 time; $3 address; $4 user agent; $5 tracking id.
pub(crate) static USE: LazyLock<InOrder> = LazyLock::new(|| uses(1));

/// The same for [`MANY`] secrets, no two of which are one: five parameters each.
pub(crate) static USE_MANY: LazyLock<InOrder> = LazyLock::new(|| uses(MANY));

fn uses(many: usize) -> InOrder {
    let mut sql = with_uses!().to_owned();
    for row in 0..many {
        sql.push_str(if row == 0 { "(" } else { ", (" });
        for (column, of_type) in USE_TYPES.iter().enumerate() {
            let comma = if column == 0 { "" } else { ", " };
            let parameter = row * USE_TYPES.len() + column + 1;
            write!(sql, "{comma}CAST(${parameter} AS {of_type})").expect("a text takes everything");
        }
        sql.push(')');
    }
    sql.push_str(use_them!());
    InOrder::new(sql)
}

/// $1 environment; $2 client id.
pub(crate) const USES: &str = "\
SELECT u.secret, u.time, u.address, u.user_agent, u.tracking_id \
FROM secrets s CROSS JOIN secret_uses u \
WHERE s.environment = $1 AND s.client_id = $2 AND u.secret = s.id \
ORDER BY u.secret";

/// $1 environment; $2 client id; $3 span; $4 the first start; $5, $6, $7, $8 the key before; $9 limit.
pub(crate) const OF_CREDENTIAL: &str = "\
SELECT start, secret, endpoint, outcome, count FROM usage \
WHERE environment = $1 AND client_id = $2 AND span = $3 AND start >= $4 \
  AND (start, secret, endpoint, outcome) > ($5, $6, $7, $8) \
ORDER BY start, secret, endpoint, outcome LIMIT $9";

macro_rules! top {
    ($first:literal) => {
        concat!(
            "SELECT environment, client_id, issued, refused FROM ( \
             SELECT environment, client_id, \
                    CAST(SUM(CASE WHEN outcome = 'issued' THEN count ELSE 0 END) AS BIGINT) AS issued, \
                    CAST(SUM(CASE WHEN outcome = 'issued' THEN 0 ELSE count END) AS BIGINT) AS refused \
             FROM usage \
             WHERE span = $1 AND start >= $2 AND environment >= $3 AND environment <= $4 \
             GROUP BY environment, client_id) counted ",
            $first,
            ", environment, client_id LIMIT $5"
        )
    };
}

/// $1 span; $2 the first start; $3, $4 the first and the last environment; $5 limit.
pub(crate) const TOP: &str = top!("ORDER BY issued + refused DESC");

/// The same of those that were refused.
pub(crate) const TOP_REFUSED: &str = top!("WHERE refused > 0 ORDER BY refused DESC");

/// $1 span; $2 time; $3 how much older than the newest they must be; $4 how many.
pub(crate) const PURGE: &str = "\
DELETE FROM usage \
WHERE (span, start, environment, client_id, secret, endpoint, outcome) IN ( \
    SELECT x.span, x.start, x.environment, x.client_id, x.secret, x.endpoint, x.outcome FROM usage x \
    WHERE x.span = $1 AND x.start < $2 \
      AND x.start < (SELECT MAX(y.start) FROM usage y WHERE y.span = $1) - $3 \
    ORDER BY x.start LIMIT $4)";
