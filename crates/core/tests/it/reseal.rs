//! Another master key for what is sealed.

use jeton_core::audit::new_audit_key;
use jeton_core::key_ring::{
    KeyRing, new_hash_key, new_master_key_check, new_signing_key, open_hash_keys, prove_master_keys,
};
use jeton_core::reseal::{Owner, Resealed, reseal, sealed_under};
use jeton_core::store::StoredKeys;
use jeton_core::{Algorithm, master_key::MasterKeys};

use crate::support::{Counting, NOW, key_line, master_keys, production, sandbox};

/// Two signing keys, two hash keys and the check value, under a master key.
fn stored(master: &MasterKeys) -> StoredKeys {
    let random = Counting::default();
    let signing = [production(), sandbox()]
        .map(|place| new_signing_key(&place, Algorithm::Es256, master, &random, NOW).unwrap());
    StoredKeys {
        signing: signing.to_vec(),
        hash: [1, 2].map(|number| new_hash_key(number, master, &random, NOW)).to_vec(),
        master_key_check: Some(new_master_key_check(master, &random)),
        audit: Some(new_audit_key(master, &random)),
    }
}

/// As the store does it.
fn put(keys: &mut StoredKeys, rows: &[Resealed]) {
    for Resealed { owner, before, after } in rows {
        let row = match owner {
            Owner::SigningKey(kid) => {
                &mut keys.signing.iter_mut().find(|key| key.kid == *kid).unwrap().private
            }
            Owner::HashKey(number) => {
                &mut keys.hash.iter_mut().find(|key| key.number == *number).unwrap().key
            }
            Owner::MasterKeyCheck => keys.master_key_check.as_mut().unwrap(),
            Owner::AuditKey => keys.audit.as_mut().unwrap(),
        };
        assert_eq!(row, before);
        *row = after.clone();
    }
}

fn opens(keys: &StoredKeys, master: &MasterKeys) -> bool {
    KeyRing::open(&keys.signing, master, &KeyRing::default()).is_ok()
        && open_hash_keys(&keys.hash, master).is_ok()
        && prove_master_keys(keys.master_key_check.as_ref().unwrap(), master).is_ok()
}

#[test]
fn everything_opens_under_the_newest_key_alone_and_a_second_time_does_nothing() {
    let (old, both) = (master_keys(&["old"]), master_keys(&["old", "new"]));
    let new = MasterKeys::parse(&key_line("new", b'B')).unwrap();
    let mut keys = stored(&old);
    assert_eq!(sealed_under(&keys, "old").len(), 6);
    let rows = reseal(&keys, &both, &Counting::default()).unwrap();
    assert_eq!(rows.len(), 6);
    assert!(!opens(&keys, &new));
    put(&mut keys, &rows);
    assert!(opens(&keys, &new) && !opens(&keys, &old));
    assert_eq!(sealed_under(&keys, "old"), []);
    assert_eq!(reseal(&keys, &both, &Counting::default()).unwrap(), []);
    assert_eq!(reseal(&keys, &new, &Counting::default()).unwrap(), []);
}

#[test]
fn what_is_under_the_newest_key_already_stays() {
    let (old, both) = (master_keys(&["old"]), master_keys(&["old", "new"]));
    let mut keys = stored(&old);
    keys.hash[1] = new_hash_key(2, &both, &Counting::default(), NOW);
    let rows = reseal(&keys, &both, &Counting::default()).unwrap();
    assert!(rows.iter().all(|row| row.owner != Owner::HashKey(2)));
    assert_eq!(rows.len(), 5);
    assert_eq!(sealed_under(&keys, "new"), [Owner::HashKey(2)]);
}

#[test]
fn each_stays_its_own_rows_value() {
    let (old, both) = (master_keys(&["old"]), master_keys(&["old", "new"]));
    let mut keys = stored(&old);
    let rows = reseal(&keys, &both, &Counting::default()).unwrap();
    put(&mut keys, &rows);
    let mut swapped = keys.clone();
    let (one, other) = swapped.hash.split_at_mut(1);
    std::mem::swap(&mut one[0].key, &mut other[0].key);
    assert!(open_hash_keys(&swapped.hash, &both).is_err());
    let (one, other) = swapped.signing.split_at_mut(1);
    std::mem::swap(&mut one[0].private, &mut other[0].private);
    assert!(KeyRing::open(&swapped.signing, &both, &KeyRing::default()).is_err());
    assert!(opens(&keys, &both));
}

#[test]
fn where_one_row_cannot_be_opened_none_is_sealed() {
    let (old, both) = (master_keys(&["old"]), master_keys(&["old", "new"]));
    let whole = stored(&old);
    let refused = |keys: &StoredKeys| reseal(keys, &both, &Counting::default()).unwrap_err().to_string();
    let mut keys = whole.clone();
    keys.hash[1].key.bytes[20] ^= 1;
    assert!(refused(&keys).contains("hash key 2"), "{}", refused(&keys));
    let mut keys = whole.clone();
    keys.signing[1].private.master_key = "gone".to_owned();
    assert!(refused(&keys).contains("\"gone\""), "{}", refused(&keys));
    let mut keys = whole.clone();
    keys.signing[0].private = whole.signing[1].private.clone();
    assert!(refused(&keys).contains(keys.signing[0].kid.as_str()), "{}", refused(&keys));
    // Nor where it is under the newest key, as somebody says.
    let mut keys = whole;
    keys.master_key_check.as_mut().unwrap().master_key = "new".to_owned();
    assert!(refused(&keys).contains("check value"), "{}", refused(&keys));
}
