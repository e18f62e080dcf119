//! What gateways are told: section 4 of the contract, asked by a path, and what nobody outside has a hand in.

use std::time::Duration;

use bytes::Bytes;
use http::{Method, Response};
use jeton_core::Algorithm;
use jeton_core::admin::ApiUpdate;
use jeton_core::model::State;
use jeton_server::Limits;
use jeton_testkit::{COMPANY, Call, Fault, Read, ResponseExt as _, TestServer, claims_of, id, logs};

use crate::support::{assert_complete, assert_problem};

mod sockets;

/// Where gateways ask that hand every answer on, and where those that know 2xx, 401 and 403 alone.
const PATHS: [&str; 2] = ["/forward-auth", "/auth-request"];

/// Asks for this API and these scopes in production.
fn ask<'a>(server: &'a TestServer, own: &str, question: &str) -> Call<'a> {
    server.get("production", &format!("{own}{question}"))
}

async fn token(server: &TestServer) -> String {
    server.client("production").oauth2().token().await
}

fn assert_let_through(answer: &Response<Bytes>, client_id: &str, scope: &str) {
    assert_eq!(answer.status(), 200, "{:?}", answer.body());
    assert_eq!(answer.one("x-jeton-client-id"), Some(client_id));
    assert_eq!(answer.one("x-jeton-company"), Some(COMPANY));
    assert_eq!(answer.one("x-jeton-scope"), Some(scope));
    let names: Vec<&str> = answer.headers().keys().map(http::HeaderName::as_str).collect();
    let identity = names.iter().filter(|name| name.starts_with("x-jeton-"));
    assert_eq!(identity.count(), 3, "nothing else of the token: {names:?}");
    assert!(answer.body().is_empty() && !names.contains(&"content-type"));
    assert_complete(answer);
}

/// A refusal with a challenge that has these parts; none of them is an error code where there are none.
fn assert_challenge(answer: &Response<Bytes>, status: u16, parts: &[&str]) {
    assert_problem(answer, status);
    let challenge = answer.one("www-authenticate").unwrap();
    assert!(challenge.starts_with("Bearer realm=\"production\""), "{challenge}");
    for part in parts {
        assert!(challenge.contains(part), "{challenge} has no {part}");
    }
    assert_eq!(challenge.contains("error="), !parts.is_empty(), "{challenge}");
    assert_no_identity(answer);
}

/// Nobody can judge it, or nobody could: no challenge, since no other token would help.
fn assert_closed(answer: &Response<Bytes>, status: u16) {
    assert_problem(answer, status);
    assert!(!answer.headers().contains_key("www-authenticate"));
    assert_no_identity(answer);
}

fn assert_no_identity(answer: &Response<Bytes>) {
    assert!(!answer.headers().keys().any(|name| name.as_str().starts_with("x-jeton-")));
}

#[tokio::test]
async fn a_good_token_says_who_calls() {
    let server = TestServer::start().await;
    let client = server.client("production");
    let (wide, narrow) =
        (client.oauth2().token().await, client.gateway().scope("voice.numbers").token().await);
    for own in PATHS {
        for scopes in ["-", "voice.billing", "voice.numbers,voice.billing", "voice.billing,voice.billing"] {
            let answer = ask(&server, own, &format!("/voice/{scopes}")).bearer(&wide).send().await;
            assert_let_through(&answer, &client.id, "voice.billing voice.numbers");
        }
        let answer = ask(&server, own, "/voice/voice.numbers").bearer(&narrow).send().await;
        assert_let_through(&answer, &client.id, "voice.numbers");
        let lower = ask(&server, own, "/voice/-").header("authorization", format!("bEARER  {narrow}"));
        assert_let_through(&lower.send().await, &client.id, "voice.numbers");
    }
}

#[tokio::test]
async fn all_scopes_are_needed() {
    let server = TestServer::start().await;
    let token = token(&server).await;
    for own in PATHS {
        for scopes in ["voice.customers", "voice.billing,voice.customers", "voice.customers,voice.numbers"] {
            let answer = ask(&server, own, &format!("/voice/{scopes}")).bearer(&token).send().await;
            let needed = format!("scope=\"{}\"", scopes.replace(',', " "));
            assert_challenge(&answer, 403, &["error=\"insufficient_scope\"", &needed]);
        }
    }
}

/// Whatever the caller of the gateway has a hand in says nothing.
#[tokio::test]
async fn methods_paths_queries_and_headers_of_the_caller_decide_nothing() {
    let server = TestServer::start().await;
    let client = server.client("production");
    let token = client.oauth2().token().await;
    let method = |name: &[u8]| Method::from_bytes(name).unwrap();
    for own in PATHS {
        for name in ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "X-Y"] {
            let call = || ask(&server, own, "/voice/voice.billing").method(method(name.as_bytes()));
            assert_let_through(
                &call().bearer(&token).send().await,
                &client.id,
                "voice.billing voice.numbers",
            );
            assert_challenge(&call().send().await, 401, &[]);
        }
        for more in [
            "/",
            "/calls/7?scopes=-",
            "//messages/-",
            "/../-",
            "/%2e%2e/%2e%2e/messages/-",
            "/..;/-",
            "?api=messages&scopes=-",
            "/-,%zz",
        ] {
            let call = |scope: &str| ask(&server, own, &format!("/voice/{scope}{more}")).bearer(&token);
            let answer = call("voice.billing").send().await;
            assert_let_through(&answer, &client.id, "voice.billing voice.numbers");
            let answer = call("voice.customers").send().await;
            assert_challenge(&answer, 403, &["scope=\"voice.customers\""]);
        }
        let mut call = ask(&server, own, "/voice/voice.customers").bearer(&token);
        for name in ["uri", "url", "path", "prefix", "method", "host", "server", "port", "proto", "scheme"] {
            for family in ["x-forwarded", "x-original", "x-rewrite", "x-auth-request", "x-envoy-original"] {
                call = call.header(&format!("{family}-{name}"), format!("{own}/voice/-"));
            }
        }
        let call = call
            .header("forwarded", "host=sandbox.localhost;proto=https")
            .header("x-http-method-override", "GET")
            .header("x-forwarded-host", "sandbox.localhost")
            .header("x-jeton-client-id", "admin")
            .header("x-jeton-scope", "voice.customers");
        assert_challenge(&call.send().await, 403, &["scope=\"voice.customers\""]);
    }
}

#[tokio::test]
async fn no_token_or_another_scheme() {
    let server = TestServer::start().await;
    let client = server.client("production");
    let token = client.oauth2().token().await;
    for own in PATHS {
        let call = || ask(&server, own, "/voice/voice.billing");
        for call in [
            call(),
            call().basic(&client.id, &client.secret),
            call().header("authorization", ""),
            call().header("authorization", &token),
            call().header("authorization", format!("Bearer\t{token}")),
            call().header("proxy-authorization", format!("Bearer {token}")),
            call().header("x-forwarded-access-token", &token),
            call().header("cookie", format!("access_token={token}")),
            call().target(format!("{own}/voice/voice.billing?access_token={token}")),
            call().method(Method::POST).param("access_token", &token),
        ] {
            assert_challenge(&call.send().await, 401, &[]);
        }
    }
}

#[tokio::test]
async fn headers_that_are_not_one_bearer_token() {
    let server = TestServer::start().await;
    let token = token(&server).await;
    for (own, status) in PATHS.into_iter().zip([400, 401]) {
        let call = || ask(&server, own, "/voice/voice.billing");
        let header = format!("Bearer {token}");
        for call in [
            call().header("authorization", "Bearer"),
            call().header("authorization", "Bearer "),
            call().header("authorization", format!("{header} {token}")),
            call().header("authorization", &header).add_header("authorization", &header),
            call().header("authorization", &header).add_header("authorization", "Basic eDp5"),
        ] {
            assert_challenge(&call.send().await, status, &["error=\"invalid_request\""]);
        }
    }
}

#[tokio::test]
async fn tokens_that_are_not_accepted() {
    let server = TestServer::start().await;
    let good = token(&server).await;
    let (rest, signature) = good.rsplit_once('.').unwrap();
    let (header, payload) = rest.split_once('.').unwrap();
    let sandbox = server.client("sandbox").oauth2().token().await;
    let messages = server.new_client("production", &["messages"]).await.oauth2().token().await;
    for own in PATHS {
        for bad in [
            "garbage",
            &format!("{rest}."),
            &format!("{header}.{payload}.AAAA{}", &signature[4..]),
            &format!("{header}.{}.{signature}", sandbox.split('.').nth(1).unwrap()),
            &format!("eyJhbGciOiJub25lIn0.{payload}."),
            &".".repeat(8000),
            &"a".repeat(12_000),
            &sandbox,
            &messages,
        ] {
            for scopes in ["-", "voice.billing"] {
                let answer = ask(&server, own, &format!("/voice/{scopes}")).bearer(bad).send().await;
                assert_challenge(&answer, 401, &["error=\"invalid_token\""]);
            }
        }
        let bytes = ask(&server, own, "/voice/-").header("authorization", b"Bearer \xff\xfe");
        assert_challenge(&bytes.send().await, 401, &["error=\"invalid_token\""]);
    }
}

/// Fail closed, in words for whoever wrote the gateway's configuration, whatever token comes.
#[tokio::test]
async fn questions_that_cannot_be_judged() {
    let server = TestServer::start().await;
    let token = token(&server).await;
    for (own, status) in PATHS.into_iter().zip([404, 403]) {
        for question in [
            "",
            "/",
            "/voice",
            "/voice/",
            "/voice//voice.billing",
            "/voice/,",
            "/voice/voice.billing,",
            "/voice/voice.billing%",
            "/voice/voice.billing%2",
            "/voice/%ff",
            "/voice/*",
            "/voice/voice.*",
            "/voice/Voice.billing",
            "/voice/voice.bill",
            "/voice/voice.billing%20voice.numbers",
            "/voice/voice.billing+voice.numbers",
            "/voice/voice.billing%2Cvoice.numbers",
            "/voice/messages.read",
            "/voice/%2D",
            "/Voice/-",
            "/%76oice/-",
            "/voice%2F-",
            "/nobody/-",
            "/management/-",
            "/https:%2F%2Fapi.example%2Fvoice/-",
        ] {
            let answer = ask(&server, own, question).bearer(&token).send().await;
            assert_closed(&answer, status);
            let answer = ask(&server, own, question).send().await;
            assert_closed(&answer, status);
        }
        let beside = ask(&server, own, "er/voice/-").bearer(&token).send().await;
        assert_closed(&beside, 404);
    }
}

#[tokio::test]
async fn the_authority_names_the_environment_and_nothing_else_does() {
    let server = TestServer::start().await;
    let (production, sandbox) = (token(&server).await, server.client("sandbox").oauth2().token().await);
    for own in PATHS {
        let path = format!("{own}/voice/-");
        let at = |environment: &str, token: &str| server.get(environment, &path).bearer(token);
        assert_eq!(at("sandbox", &sandbox).send().await.status(), 200);
        assert_eq!(at("sandbox", &production).send().await.status(), 401);
        let forged = at("production", &sandbox).header("x-forwarded-host", "sandbox.localhost");
        assert_challenge(&forged.send().await, 401, &["error=\"invalid_token\""]);
        let strange = at("production", &production).host("api.example");
        assert_closed(&strange.send().await, 421);
    }
}

#[tokio::test]
async fn an_audience_may_be_the_environments_own() {
    let server = TestServer::start().await;
    let own = [(id("sandbox"), Some(id("https://sandbox.api.example/voice")))];
    let update = ApiUpdate { audience_in: own.into(), ..ApiUpdate::default() };
    let before = server.client("sandbox").oauth2().token().await;
    server.admin().update_api(&id("voice"), update).await.unwrap();
    server.poll().await;
    let after = server.client("sandbox").oauth2().token().await;
    assert_eq!(claims_of(&after)["aud"], "https://sandbox.api.example/voice");
    let call = async |token: &str| server.get("sandbox", "/forward-auth/voice/-").bearer(token).send().await;
    assert_eq!(
        (call(&after).await.status(), call(&before).await.status()),
        (200.try_into().unwrap(), 401.try_into().unwrap())
    );
    assert_eq!(ask(&server, PATHS[0], "/voice/-").bearer(&token(&server).await).send().await.status(), 200);
}

/// Scopes of any characters, written so that a path can hold them, and an API that signs with another algorithm.
#[tokio::test]
async fn apis_and_scopes_come_change_and_go() {
    let server = TestServer::start().await;
    let question = "/orders/https:%2F%2Forders.example%2Fread,%2D,100%25,a%3Fb%23c+%3B";
    let scopes = ["https://orders.example/read", "-", "100%", "a?b#c+;"];
    assert_closed(&ask(&server, PATHS[0], question).send().await, 404);
    let client = server.new_client("production", &["voice"]).await;
    server.create_api("orders", &scopes, Algorithm::Rs256).await;
    client.remove_grant("voice").await;
    client.add_grant("orders").await;
    server.poll().await;
    let token = client.oauth2().token().await;
    let call = |question: &str| ask(&server, PATHS[0], question).bearer(&token);
    let answer = call(question).send().await;
    assert_eq!(answer.status(), 200, "{:?}", answer.body());
    assert_eq!(answer.one("x-jeton-scope").unwrap().split(' ').count(), 4);
    let add = ApiUpdate { add_scopes: vec![id("orders.write")], ..ApiUpdate::default() };
    server.admin().update_api(&id("orders"), add).await.unwrap();
    assert_closed(&call("/orders/orders.write").send().await, 404);
    server.poll().await;
    assert_challenge(&call("/orders/orders.write").send().await, 403, &["scope=\"orders.write\""]);
    client.remove_grant("orders").await;
    server.admin().delete_api(&id("orders")).await.unwrap();
    server.poll().await;
    assert_closed(&call(question).send().await, 404);
}

#[tokio::test]
async fn a_token_lives_until_its_end() {
    let server = TestServer::start().await;
    let token = token(&server).await;
    let status = async || ask(&server, PATHS[0], "/voice/-").bearer(&token).send().await.status();
    assert_eq!(status().await, 200);
    let end = claims_of(&token)["exp"].as_i64().unwrap() + 5;
    for (now, expected) in [(end - 1, 200), (end, 401), (end - 1, 200)] {
        server.clock.set_wall(jeton_core::Timestamp::from_seconds(now));
        assert_eq!(status().await, expected);
    }
}

#[tokio::test]
async fn what_was_taken_back_is_refused_from_the_next_poll_on() {
    let server = TestServer::start().await;
    let client = server.client("production");
    let admin = server.admin();
    let environment = id("production");
    for (number, own) in [0, 1, 2, 3].into_iter().zip(PATHS.into_iter().cycle()) {
        let (token, sister) = (client.oauth2().token().await, client.oauth2().token().await);
        let call = async |token: &str| ask(&server, own, "/voice/voice.billing").bearer(token).send().await;
        for token in [&token, &sister] {
            assert_eq!(call(token).await.status(), 200);
        }
        match number {
            0 => {
                let jti = id(claims_of(&token)["jti"].as_str().unwrap());
                admin.revoke_token(&environment, &id(&client.id), &jti).await.unwrap();
            }
            1 => client.set_state(State::Suspended).await,
            2 => admin.set_company_state(&id(COMPANY), State::Suspended).await.unwrap(),
            _ => client.set_state(State::Deleted).await,
        }
        server.poll().await;
        assert_challenge(&call(&token).await, 401, &["error=\"invalid_token\"", "revoked"]);
        assert_eq!(call(&sister).await.status(), if number == 0 { 200 } else { 401 });
        match number {
            1 => client.set_state(State::Active).await,
            2 => admin.set_company_state(&id(COMPANY), State::Active).await.unwrap(),
            _ => {}
        }
        server.poll().await;
        assert_eq!(call(&token).await.status(), 401, "no resume brings it back");
    }
}

#[tokio::test]
async fn no_request_asks_the_store() {
    let server = TestServer::start().await;
    let token = token(&server).await;
    let reads = || Read::ALL.map(|read| server.store.count(read));
    let before = reads();
    for number in 0..50 {
        for question in ["/voice/-", "/voice/voice.customers", &format!("/nobody-{number}/-")] {
            ask(&server, PATHS[0], question).bearer(&token).send().await;
            ask(&server, PATHS[1], question).bearer("garbage").send().await;
        }
    }
    assert_eq!(reads(), before);
    server.poll().await;
    let before = server.store.count(Read::Other);
    server.poll().await;
    assert_eq!(server.store.count(Read::Other), before, "APIs that did not change are not read again");
}

/// Memory that may be too old says so, rather than that a token is good, or that it is bad.
#[tokio::test]
async fn a_server_that_lost_its_store_judges_for_a_while_and_then_no_more() {
    let server = TestServer::start().await;
    let token = token(&server).await;
    server.store.go_away();
    server.clock.advance(Limits::default().max_staleness);
    server.poll().await;
    let call = |own: &str, question: &str| ask(&server, own, question).bearer(&token);
    assert_eq!(call(PATHS[0], "/voice/-").send().await.status(), 200);
    server.clock.advance(Duration::from_micros(1));
    for question in ["/voice/-", "/voice/voice.customers", "/nobody/-"] {
        assert_closed(&call(PATHS[0], question).send().await, 503);
        let closed = call(PATHS[1], question).send().await;
        assert_closed(&closed, 403);
        assert!(closed.one("retry-after").is_some());
    }
    server.store.heal();
    server.poll().await;
    assert_eq!(call(PATHS[0], "/voice/-").send().await.status(), 200);
}

/// APIs that cannot be read any more are not judged by what they were.
#[tokio::test]
async fn apis_that_cannot_be_taken_up() {
    let server = TestServer::start().await;
    let token = token(&server).await;
    let status = async || ask(&server, PATHS[0], "/voice/-").bearer(&token).send().await.status();
    server.store.fail(Read::Other, Fault::BadRow);
    server.create_api("orders", &["orders.read"], Algorithm::Es256).await;
    server.poll().await;
    assert_eq!(status().await, 200);
    server.clock.advance(Limits::default().max_staleness + Duration::from_secs(1));
    server.poll().await;
    assert_eq!(status().await, 503);
    server.store.heal();
    server.poll().await;
    assert_eq!(status().await, 200);
}

#[tokio::test]
async fn another_node_judges_alike() {
    let server = TestServer::start().await;
    let node = server.start_another().await.unwrap();
    let request = ask(&server, PATHS[0], "/voice/voice.billing").bearer(&token(&server).await).into_request();
    let answer =
        node.answer(jeton_server::Connection::default(), request.map(http_body_util::Full::new)).await;
    assert_eq!(answer.status(), 200);
}

#[tokio::test]
async fn the_management_listener_knows_nothing_of_it() {
    let server = TestServer::start().await;
    let token = token(&server).await;
    for own in PATHS {
        let answer = server.management(&format!("{own}/voice/-")).bearer(&token).send().await;
        assert_eq!(answer.status(), 404);
        assert_no_identity(&answer);
    }
}

/// The wire says little; the log says truly why, and who called where that is known.
#[tokio::test]
async fn the_line_of_the_log() {
    logs::capture();
    let server = TestServer::start().await;
    let client = server.client("production");
    let token = client.oauth2().token().await;
    let call = |question: &str| ask(&server, PATHS[0], question).tracking_id("order-4711");
    for (call, status, outcome, reason) in [
        (call("/voice/-").bearer(&token), 200, "answered", None),
        (call("/voice/-"), 401, "refused", Some("no_token")),
        (call("/voice/-").header("authorization", "Bearer"), 400, "refused", Some("malformed_authorization")),
        (call("/voice/-").bearer("garbage"), 401, "refused", Some("malformed")),
        (call("/messages/-").bearer(&token), 401, "refused", Some("audience")),
        (call("/voice/voice.customers").bearer(&token), 403, "refused", Some("insufficient_scope")),
        (call("/voice"), 404, "refused", Some("malformed_path")),
        (call("/nobody/-"), 404, "refused", Some("unknown_api")),
        (call("/voice/nothing"), 404, "refused", Some("unknown_scope")),
    ] {
        let answer = call.send().await;
        let line = logs::request(answer.request_id());
        assert_eq!(line["dialect"], "forward-auth");
        assert_eq!((&line["status"], &line["outcome"]), (&status.into(), &outcome.into()));
        assert_eq!(line.get("reason").and_then(|reason| reason.as_str()), reason);
        assert_eq!(line["tracking_id"], "order-4711");
        let client_id = (status == 200).then_some(client.id.as_str());
        assert_eq!(line.get("client_id").and_then(|id| id.as_str()), client_id);
        assert!(!line.to_string().contains(token.rsplit('.').next().unwrap()));
    }
    server.store.go_away();
    server.clock.advance(Duration::from_mins(1));
    let answer = ask(&server, PATHS[1], "/voice/-").bearer(&token).send().await;
    let line = logs::request(answer.request_id());
    assert_eq!((&line["outcome"], &line["reason"]), (&"failed".into(), &"unavailable".into()));
    assert_eq!(line["dialect"], "auth-request");
    let metrics = server.management("/metrics").send().await;
    assert!(metrics.text().contains("jeton_http_requests_total{endpoint=\"forward-auth\",status=\"200\"} 1"));
}
