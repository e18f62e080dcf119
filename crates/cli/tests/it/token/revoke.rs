//! `jeton token revoke`: what is written, and what is refused before anything is.

use serde_json::json;

use super::Issuer;
use crate::support::{Run, Store, words};

#[test]
fn one_token_all_of_a_credential_and_all_of_a_company() {
    let store = Store::with_acme();
    store.credential("--client-id x");
    let one = store.json("token revoke --jti t-1 --credential x --environment production");
    let expected = json!({ "environment": "production", "client_id": "x", "jti": "t-1", "generation": 1 });
    assert_eq!(one, expected);
    assert_eq!(store.json("token revoke --jti t-1 --credential x --environment production"), expected);
    let all = store.json("token revoke --credential x --environment production");
    assert_eq!(all, json!({ "environment": "production", "client_id": "x", "generation": 2 }));
    let company = store.json("token revoke --company acme");
    assert_eq!(company, json!({ "company": "acme", "revoked": "all tokens" }));
    assert_eq!(store.json("token revoke --credential x --environment production")["generation"], 4);
}

#[test]
fn a_token_on_standard_input_says_itself_which_it_is_and_is_not_shown() {
    let store = Store::with_acme();
    store.credential("--client-id client-1");
    let token = Issuer::new().token(|claims| claims.jti = "t-2".into());
    let command = || store.command("token revoke --token-stdin --environment production");
    let said = Run::with_input(&mut command(), format!("{token}\n").as_bytes()).ok();
    assert!(said.contains("t-2") && !said.contains(&token[..40]), "{said}");
    let refused = Run::with_input(&mut command(), b"no.token.atall").refused(2);
    assert!(refused.contains("no token") && !refused.contains("atall"), "{refused}");
    let other = Issuer::new().token(|claims| claims.client_id = "other".into());
    let refused = Run::with_input(&mut command(), other.as_bytes()).refused(3);
    assert!(refused.contains("credential \"other\""), "{refused}");
}

#[test]
fn what_cannot_be_meant_is_refused() {
    let store = Store::with_acme();
    store.credential("--client-id x");
    for line in [
        "token revoke",
        "token revoke --jti t-1",
        "token revoke --jti t-1 --company acme",
        "token revoke --credential x",
        "token revoke --credential x --company acme --environment production",
        "token revoke --token-stdin",
        "token revoke --company acme --environment production",
        "token revoke --jti not/one --credential x --environment production",
    ] {
        Run::of(store.command("").args(words(line))).refused(2);
    }
    store.refused(3, "token revoke --credential nobody --environment production");
    store.refused(3, "token revoke --company nobody");
    store.refused(3, "token revoke --credential x --environment sandbox");
}
