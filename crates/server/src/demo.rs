//! The demo API: four voice services inside the server, for `--dev` alone, so that a newcomer sees a 200 and a 403.
//!
//! It is guarded by nothing but `jeton-verify`'s layer, as any team's own API would be.

use std::sync::{Arc, Weak};

use axum::body::Body;
use axum::routing::get;
use axum::{Json, Router};
use http::{Request, StatusCode};
use http_body_util::{BodyExt as _, Full};
use jeton_core::id::EnvironmentName;
use jeton_core::{Algorithm, Clock};
use jeton_verify::tower::RequireToken;
use jeton_verify::{Scopes, VerifiedToken, Verifier};
use serde_json::{Value, json};
use tower_service::Service as _;

use crate::answer::Answer;
use crate::app::App;
use crate::config::Environment;
use crate::keys::LiveKeys;
use crate::revocations::LiveRevocations;

/// The voice services, each with the scope that it needs.
pub const VOICE_SERVICES: [(&str, &str); 4] = [
    ("/demo/voice/numbers", "voice.numbers"),
    ("/demo/voice/addresses", "voice.addresses"),
    ("/demo/voice/billing", "voice.billing"),
    ("/demo/voice/customers", "voice.customers"),
];

/// The demo API of every environment.
pub(crate) struct Demo(Vec<(EnvironmentName, Router)>);

impl Demo {
    /// For these environments; tokens must be for `audience`.
    pub(crate) fn new(
        environments: &[Environment],
        audience: &str,
        app: &Weak<App>,
        clock: &Arc<dyn Clock>,
    ) -> Self {
        let of = |environment: &Environment| {
            (environment.name.clone(), router(environment, audience, app, Arc::clone(clock)))
        };
        Self(environments.iter().map(of).collect())
    }

    pub(crate) fn has(path: &str) -> bool {
        VOICE_SERVICES.iter().any(|(own, _)| *own == path)
    }

    pub(crate) async fn answer<B>(&self, environment: &EnvironmentName, request: Request<B>) -> Answer {
        let mut response = Answer::new(Full::default());
        let Some((_, router)) = self.0.iter().find(|(name, _)| name == environment) else {
            *response.status_mut() = StatusCode::NOT_FOUND;
            return response;
        };
        // No voice service reads a body.
        let Ok(answer) = router.clone().call(request.map(|_| Body::empty())).await;
        let (head, body) = answer.into_parts();
        // Its bodies are made in memory, so collecting one cannot fail.
        let body = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
        Answer::from_parts(head, Full::new(body))
    }
}

fn router(environment: &Environment, audience: &str, app: &Weak<App>, clock: Arc<dyn Clock>) -> Router {
    let keys = LiveKeys { app: Weak::clone(app), environment: environment.name.clone() };
    let revocations = LiveRevocations { app: Weak::clone(app), environment: environment.name.clone() };
    let verifier =
        Verifier::builder(environment.issuer.as_str(), audience, [Algorithm::Es256], Arc::new(keys))
            .revocations(Arc::new(revocations))
            .clock(move || clock.now().seconds())
            .build()
            // Issuer, audience and algorithm were just given.
            .expect("the demo's verifier is complete");
    VOICE_SERVICES.into_iter().fold(Router::new(), |router, (path, scope)| {
        // The scopes are written above, and well formed.
        let required = Scopes::new([scope]).expect("the demo's scopes are well formed");
        let guard = RequireToken::new(verifier.clone(), environment.name.as_str()).with_scopes(required);
        router.route(path, get(async move |token: VerifiedToken| hello(scope, &token)).layer(guard))
    })
}

fn hello(scope: &str, token: &VerifiedToken) -> Json<Value> {
    Json(json!({ "service": scope, "client_id": token.client_id(), "company": token.company() }))
}
