//! Word of commits, which makes other processes poll sooner.

use std::sync::Arc;
use std::time::Duration;

use jeton_core::Store;
use jeton_testkit::Database;
use tokio::time::timeout;

use super::{opened, pooled};
use crate::contract::given::create_company;
use crate::contract::world::{NOW, change};

/// A test that waits for so long has failed.
const FAR_TOO_LONG: Duration = Duration::from_secs(20);

async fn is_told(listener: &dyn Store) {
    timeout(FAR_TOO_LONG, listener.changed()).await.expect("word came");
}

async fn commits_are_told(listener: Arc<dyn Store>, writer: Arc<dyn Store>) {
    // The first word is that somebody listens now, and may have missed something.
    is_told(&*listener).await;
    for company in ["a", "b"] {
        writer.commit(&change(NOW), &[create_company(company)]).await.unwrap();
        is_told(&*listener).await;
    }
    let refused = writer.commit(&change(NOW), &[create_company("a")]).await;
    assert!(refused.is_err());
    let silence = timeout(Duration::from_millis(50), listener.changed()).await;
    assert!(silence.is_err(), "nothing was committed");
}

#[tokio::test]
async fn of_another_process() {
    let database = Database::create();
    let (listener, writer) = (opened(&database).await, opened(&database).await);
    commits_are_told(Arc::new(listener), Arc::new(writer)).await;
}

#[tokio::test]
async fn past_a_pooler() {
    let database = Database::create();
    let (listener, writer) = (pooled(&database).await, pooled(&database).await);
    commits_are_told(listener, writer).await;
}

#[tokio::test]
async fn goes_on_after_the_session_was_ended() {
    let database = Database::create();
    let (listener, writer) = (opened(&database).await, opened(&database).await);
    is_told(&listener).await;
    let end = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity \
               WHERE datname = current_database() AND query LIKE 'LISTEN%'";
    assert_eq!(database.sql(end), ["t"], "somebody listened");
    // Something may have been missed, so that it listens again is told as well.
    is_told(&listener).await;
    writer.commit(&change(NOW), &[create_company("a")]).await.unwrap();
    is_told(&listener).await;
}
