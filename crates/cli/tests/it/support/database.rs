//! The store's file, as somebody else's hands reach it: python3 and its sqlite3 module.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

/// Runs a statement and gives its rows. `flip(blob, at)` changes one bit of one byte, from the end if `at` is negative.
const PROGRAM: &str = r"
import json, sqlite3, sys
def flip(blob, at):
    changed = bytearray(blob)
    changed[at] ^= 1
    return bytes(changed)
connection = sqlite3.connect(sys.argv[1])
connection.create_function('flip', 2, flip)
rows = connection.execute(sys.argv[2]).fetchall()
connection.commit()
connection.close()
print(json.dumps([[value.hex() if isinstance(value, bytes) else value for value in row] for row in rows]))
";

/// Reads or damages the store in a data folder.
#[track_caller]
pub(crate) fn sql(folder: &Path, statement: &str) -> Vec<Vec<Value>> {
    let file = folder.join("jeton.db");
    assert!(file.exists(), "there is a store to look into");
    let output = Command::new("python3").args(["-c", PROGRAM]).arg(file).arg(statement).output();
    let output = output.expect("python3 is installed");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}
