//! The cache.

use std::sync::Arc;
use std::time::{Duration, Instant};

use reqwest::Client;
use tokio::sync::Mutex;

use crate::fetch::{NoToken, Settings, fetch};

/// After a refusal, in which nobody asks again.
const PAUSE: Duration = Duration::from_secs(5);

// [cache]
/// One token for all callers: whoever comes while it is fetched waits for it.
pub(crate) struct Tokens {
    http: Client,
    settings: Settings,
    last: Mutex<Option<Fetched>>,
}

/// What came of the last request, and until when it is the answer.
struct Fetched {
    token: Result<Arc<str>, Arc<NoToken>>,
    until: Instant,
}

impl Tokens {
    pub(crate) fn new(http: Client, settings: Settings) -> Self {
        Self { http, settings, last: Mutex::default() }
    }

    /// The token; another one than `refused`, which an API answered with 401.
    pub(crate) async fn get(&self, refused: Option<&str>) -> Result<Arc<str>, Arc<NoToken>> {
        let mut last = self.last.lock().await;
        let now = now();
        if let Some(fetched) = last.as_ref().filter(|fetched| now < fetched.until) {
            match &fetched.token {
                Ok(token) if Some(&**token) == refused => {}
                known => return known.clone(),
            }
        }
        let (token, until) = match fetch(&self.http, &self.settings).await {
            Ok((token, life)) => {
                (Ok(token.into()), now + life.saturating_sub((life / 5).min(Duration::from_mins(1))))
            }
            Err(why) => (Err(Arc::new(why)), now + PAUSE),
        };
        *last = Some(Fetched { token: token.clone(), until });
        token
    }
}
// [/cache]

#[expect(clippy::disallowed_methods, reason = "a program that runs has the real time")]
fn now() -> Instant {
    Instant::now()
}
