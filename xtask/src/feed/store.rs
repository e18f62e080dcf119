//! Revocations that get into the store without a client.

use std::time::Duration;

use crate::process::{self, Outcome, program};

/// What both scripts begin with: `add` writes what `RevokeToken` and `RevokeTokens` write.
const COMMON: &str = r"
import os, sqlite3, sys, time
db = sqlite3.connect(os.path.join(sys.argv[1], sys.argv[2]), timeout=30, isolation_level=None)
def name():
    import base64
    return base64.urlsafe_b64encode(os.urandom(16)).decode().rstrip('=')
def commit(rows):
    db.execute('BEGIN IMMEDIATE')
    (sequence,) = db.execute('UPDATE counter SET sequence = sequence + 1 WHERE id = 1 RETURNING sequence').fetchone()
    now = int(time.time() * 1000000)
    db.execute('INSERT INTO changes VALUES (?,0,?,?,NULL,NULL,NULL,?,?,?,?,?,1,?)',
               (sequence, now, 'client:x', 'token.revoked', 'production', 'x', 'x', 'done', b''))
    db.executemany('INSERT INTO revocations VALUES (?,?,?,?,?,?)',
                   [('production', name(), name() if end else '', 0 if end else 2, sequence,
                     now + int((end or last) * 1000000)) for end, last in rows])
    db.execute('COMMIT')
";

/// Nine of ten are tokens of an hour's life that were revoked within the last hour, the others generations of the last day.
const FILL: &str = r"
import random
for _ in range(int(sys.argv[3]) // 100):
    commit([(random.uniform(900, 4500), None) for _ in range(90)]
           + [(None, random.uniform(900, 87300)) for _ in range(10)])
";

const REVOKE: &str = r"
rate, lasts = int(sys.argv[3]), int(sys.argv[4])
start = time.monotonic()
for at in range(rate * lasts):
    time.sleep(max(0, start + at / rate - time.monotonic()))
    commit([(4500, None)])
";

/// Puts so many entries into a store that no server runs on.
pub(super) fn fill(data: &str, entries: usize) -> Outcome {
    python(FILL, data, &[&entries.to_string()])
}

/// Revokes so many tokens a second, each in a commit of its own.
pub(super) fn revoke(data: &str, rate: u32, lasts: Duration) -> Outcome {
    python(REVOKE, data, &[&rate.to_string(), &lasts.as_secs().to_string()])
}

fn python(script: &str, data: &str, arguments: &[&str]) -> Outcome {
    let script = format!("{COMMON}{script}");
    let given = ["-c", &script, data, "jeton.db"];
    process::run(program("python3", &[given.as_slice(), arguments].concat()))
}
