//! Cursors: where a list goes on. They are authenticated under the installation's hash keys and bound to the list with
//! its filters, so that nobody makes one up, and none is of use for another list.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jeton_core::admin::Admin;
use jeton_core::hash_key::HashKeys;
use jeton_core::key_ring::open_hash_keys;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::problem::Problem;

/// The code's bytes before the key.
const CODE: usize = 32;
/// More characters than any of ours has.
const MOST: usize = 2048;

/// The place after `key` in `list`, which is named with its filters and order.
pub(super) async fn write<K: Serialize>(admin: &Admin, list: &str, key: &K) -> Result<String, Problem> {
    let key = serde_json::to_vec(key).expect("keys are texts");
    let mut bytes = hash_keys(admin).await?.cursor_code(&bound(list, &key)).to_vec();
    bytes.extend(key);
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

/// The key in a cursor of `list`, if we wrote it.
pub(super) async fn read<K: DeserializeOwned>(admin: &Admin, list: &str, cursor: &str) -> Result<K, Problem> {
    let forged = || Problem::malformed("The cursor is none of this list: begin at the first page.");
    if cursor.len() > MOST {
        return Err(forged());
    }
    let bytes = URL_SAFE_NO_PAD.decode(cursor).map_err(|_| forged())?;
    let (code, key) = bytes.split_at_checked(CODE).ok_or_else(forged)?;
    if !hash_keys(admin).await?.has_cursor_code(&bound(list, key), code) {
        return Err(forged());
    }
    serde_json::from_slice(key).map_err(|_| forged())
}

/// The installation's hash keys, which this and its like are derived from.
pub(super) async fn hash_keys(admin: &Admin) -> Result<HashKeys, Problem> {
    let stored = admin.store.keys().await?.value.hash;
    open_hash_keys(&stored, &admin.master).map_err(|why| jeton_core::admin::AdminError::from(why).into())
}

/// The list's name, its length before it, and the key.
fn bound(list: &str, key: &[u8]) -> Vec<u8> {
    let length = u64::try_from(list.len()).unwrap_or(u64::MAX);
    [&length.to_be_bytes(), list.as_bytes(), key].concat()
}
