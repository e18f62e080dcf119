//! The server that runs here, as its management listener tells it: whether it is ready, and how far behind the store.

use jeton_server::config::Resolved;

use super::finding::Finding;
use crate::commands::health;

pub(super) async fn look(resolved: &Resolved) -> Vec<Finding> {
    let check = "server";
    let Some(at) = health::reached_at(resolved) else {
        return vec![Finding::unknown(check, "it has no management listener to ask at a known port")];
    };
    match health::ask_whether_ready(at).await {
        Ok(()) => vec![Finding::good(check, format!("the one at {at} is ready, and follows the store"))],
        Err(why) => {
            vec![Finding::bad(check, why.message(), "start it, or see its log; `jeton health` asks again")]
        }
    }
}
