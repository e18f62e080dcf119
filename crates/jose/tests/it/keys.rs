//! Making, loading and naming keys.

use crate::support::{claims, encode, key, read, verifying_key};
use aws_lc_rs::signature::KeyPair as _;
use jeton_jose::{Algorithm, KeyError, SignError, SigningKey, UnknownAlgorithm};

#[test]
fn algorithms_have_exact_names() {
    let names = ["ES256", "EdDSA", "RS256", "PS256"];
    assert_eq!(Algorithm::ALL.map(Algorithm::as_str), names);
    for algorithm in Algorithm::ALL {
        assert_eq!(algorithm.to_string().parse(), Ok(algorithm));
        let json = serde_json::to_string(&algorithm).unwrap();
        assert_eq!(json, format!("\"{algorithm}\""));
        assert_eq!(serde_json::from_str::<Algorithm>(&json).unwrap(), algorithm);
    }
    for name in ["", "es256", "EDDSA", "eddsa", "Ed25519", "HS256", "none", "ES256 ", "ES384", "RS1"] {
        assert_eq!(name.parse::<Algorithm>(), Err(UnknownAlgorithm), "{name}");
    }
}

#[test]
fn a_stored_key_comes_back_as_the_same_key() {
    for algorithm in Algorithm::ALL {
        let made = key(algorithm);
        let loaded = SigningKey::from_pkcs8(algorithm, &made.pkcs8).unwrap();
        assert_eq!(loaded.public_jwk(), made.signing.public_jwk());
        assert_eq!(loaded.kid(), loaded.public_jwk().thumbprint());
        assert_eq!(loaded.kid().len(), 43, "SHA-256 in base64url");
        assert_eq!(loaded.verifying_key().algorithm(), algorithm);
        assert_eq!(read(algorithm, &loaded.sign(&claims()).unwrap()).unwrap(), claims());
    }
}

#[test]
fn a_key_of_another_kind_or_a_damaged_one_is_refused() {
    for algorithm in Algorithm::ALL {
        for other in Algorithm::ALL {
            let rsa = [Algorithm::Rs256, Algorithm::Ps256];
            let fits = algorithm == other || (rsa.contains(&algorithm) && rsa.contains(&other));
            let loaded = SigningKey::from_pkcs8(algorithm, &key(other).pkcs8);
            assert_eq!(loaded.is_ok(), fits, "{algorithm} from {other}");
        }
        let pkcs8 = &key(algorithm).pkcs8;
        for damaged in [&pkcs8[..0], &pkcs8[1..], &pkcs8[..pkcs8.len() - 1]] {
            assert_eq!(SigningKey::from_pkcs8(algorithm, damaged).unwrap_err(), KeyError::Pkcs8(algorithm));
        }
    }
}

#[test]
fn rsa_keys_have_2048_to_4096_bits() {
    use aws_lc_rs::encoding::AsDer as _;
    use aws_lc_rs::rsa::KeySize;

    let large = aws_lc_rs::signature::RsaKeyPair::generate(KeySize::Rsa3072).unwrap();
    assert!(SigningKey::from_pkcs8(Algorithm::Ps256, large.as_der().unwrap().as_ref()).is_ok());
    for (bytes, first, fits) in
        [(128, 0xff, false), (256, 0x7f, false), (256, 0x80, true), (512, 0xff, true), (513, 0x01, false)]
    {
        let mut n = vec![0xff; bytes];
        n[0] = first;
        let members = format!(r#""kty":"RSA","alg":"RS256","e":"AQAB","n":"{}""#, encode(n));
        assert_eq!(verifying_key(&members).is_some(), fits, "{bytes} bytes from {first:x}");
    }
}

#[test]
fn rsa_exponents_are_the_usual_ones() {
    let modulus = encode([0xff; 256]);
    for (e, fits) in [
        (vec![1, 0, 1], true),
        (vec![1], false),
        (vec![3], false),
        (vec![1, 0, 0], false),
        (vec![0, 1, 0, 1], false),
        (vec![0xff; 6], false),
        (vec![], false),
    ] {
        let members = format!(r#""kty":"RSA","alg":"RS256","n":"{modulus}","e":"{}""#, encode(&e));
        assert_eq!(verifying_key(&members).is_some(), fits, "{e:?}");
    }
}

#[test]
fn a_point_must_be_on_the_curve() {
    let pair =
        aws_lc_rs::signature::EcdsaKeyPair::generate(&aws_lc_rs::signature::ECDSA_P256_SHA256_FIXED_SIGNING)
            .unwrap();
    let point = pair.public_key().as_ref();
    let members =
        |x: &[u8], y: &[u8]| format!(r#""kty":"EC","crv":"P-256","x":"{}","y":"{}""#, encode(x), encode(y));
    let (x, y) = (&point[1..33], &point[33..]);
    assert!(verifying_key(&members(x, y)).is_some());
    let mut off = y.to_vec();
    off[31] ^= 1;
    for (x, y) in
        [(x, off.as_slice()), (&[0; 32], &[0; 32]), (&[0xff; 32], &[0xff; 32]), (&x[1..], y), (x, &[])]
    {
        assert!(verifying_key(&members(x, y)).is_none());
    }
}

#[test]
fn no_private_number_is_printed_or_published() {
    for algorithm in Algorithm::ALL {
        let key = &key(algorithm).signing;
        let expected = format!("SigningKey {{ kid: {:?}, algorithm: {algorithm:?}, .. }}", key.kid());
        assert_eq!(format!("{key:?}"), expected);
        let json = serde_json::to_string(key.public_jwk()).unwrap();
        for name in ["d", "p", "q", "dp", "dq", "qi", "k"] {
            assert!(!json.contains(&format!("\"{name}\":")), "{json}");
        }
    }
}

#[test]
fn a_token_too_long_to_be_read_is_not_written() {
    let mut long = claims();
    long.scope = Some("s".repeat(jeton_jose::MAX_TOKEN_BYTES).into());
    assert_eq!(key(Algorithm::EdDsa).signing.sign(&long), Err(SignError::TooLong));
}
