//! Project Wycheproof's vectors for the four primitives, each key taken in through the public door, as a JWK.

use crate::support::{encode, verifying_key};
use jeton_jose::VerifyingKey;
use wycheproof::TestResult;

/// Judges one vector. `Acceptable` may go either way.
fn judge(key: &VerifyingKey, message: &[u8], signature: &[u8], result: TestResult, id: usize) {
    let accepted = key.verify(message, signature).is_ok();
    match result {
        TestResult::Valid => assert!(accepted, "test {id} is valid"),
        TestResult::Invalid => assert!(!accepted, "test {id} is invalid"),
        TestResult::Acceptable => {}
    }
}

#[test]
fn es256() {
    use wycheproof::ecdsa::{TestName, TestSet};

    let mut judged = 0;
    for group in TestSet::load(TestName::EcdsaSecp256r1Sha256P1363).unwrap().test_groups {
        let (x, y) = (&group.key.affine_x, &group.key.affine_y);
        let members =
            format!(r#""kty":"EC","crv":"P-256","alg":"ES256","x":"{}","y":"{}""#, fixed(x), fixed(y));
        let key = verifying_key(&members).unwrap();
        for test in group.tests {
            judge(&key, &test.msg, &test.sig, test.result, test.tc_id);
            judged += 1;
        }
    }
    assert!(judged > 200, "{judged}");
}

#[test]
fn eddsa() {
    use wycheproof::eddsa::{TestName, TestSet};

    let mut judged = 0;
    for group in TestSet::load(TestName::Ed25519).unwrap().test_groups {
        let members =
            format!(r#""kty":"OKP","crv":"Ed25519","alg":"EdDSA","x":"{}""#, encode(&*group.key.pk));
        let key = verifying_key(&members).unwrap();
        for test in group.tests {
            judge(&key, &test.msg, &test.sig, test.result, test.tc_id);
            judged += 1;
        }
    }
    assert!(judged > 100, "{judged}");
}

#[test]
fn rs256() {
    use wycheproof::rsa_pkcs1_verify::{TestName, TestSet};

    let (mut judged, mut refused) = (0, 0);
    for group in TestSet::load(TestName::Rsa2048Sha256).unwrap().test_groups {
        let Some(key) = rsa("RS256", &group.key.n, &group.key.e) else {
            refused += 1;
            continue;
        };
        for test in group.tests {
            judge(&key, &test.msg, &test.sig, test.result, test.tc_id);
            judged += 1;
        }
    }
    assert!(judged > 200, "{judged}");
    assert_eq!(refused, 2, "the groups whose public exponent is 3");
}

#[test]
fn ps256() {
    use wycheproof::rsa_pss_verify::{TestName, TestSet};

    let mut judged = 0;
    for group in TestSet::load(TestName::RsaPss2048Sha256Mgf1SaltLen32).unwrap().test_groups {
        let key = rsa("PS256", &group.key.n, &group.key.e).unwrap();
        for test in group.tests {
            judge(&key, &test.msg, &test.sig, test.result, test.tc_id);
            judged += 1;
        }
    }
    assert!(judged > 80, "{judged}");
}

fn rsa(algorithm: &str, n: &[u8], e: &[u8]) -> Option<VerifyingKey> {
    let (n, e) = (encode(minimal(n)), encode(minimal(e)));
    verifying_key(&format!(r#""kty":"RSA","alg":"{algorithm}","n":"{n}","e":"{e}""#))
}

/// Without the zeros that the vectors put before a number.
fn minimal(number: &[u8]) -> &[u8] {
    &number[number.iter().take_while(|byte| **byte == 0).count()..]
}

/// 32 bytes, as a JWK has a coordinate.
fn fixed(number: &[u8]) -> String {
    let digits = minimal(number);
    let mut bytes = [0; 32];
    bytes[32 - digits.len()..].copy_from_slice(digits);
    encode(bytes)
}
