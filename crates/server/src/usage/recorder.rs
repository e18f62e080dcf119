//! Writes what was counted, in batches that count once however often they are written.
//!
//! Each process has a row of its own in the store with the number of its last batch. A batch whose commit was not
//! acknowledged is written again under the same number, and the store tells it from the next one. A server that ends well
//! removes its row; `namesakes` finds those of servers that did not, and whose last counts are lost.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use jeton_core::StoreError;
use jeton_core::time::random_bytes;
use jeton_core::usage::{BatchEnd, UsageBatch, UsageWriter};
use tokio::task::spawn_blocking;
use tokio::time::{sleep, timeout};

use super::Taken;
use super::namesakes::Namesakes;
use crate::app::App;

/// How often counts are written where there are few.
pub(super) const INTERVAL: Duration = Duration::from_secs(10);

/// How late a count may be written, and so how much of them a crash loses.
const LONGEST: Duration = Duration::from_mins(1);

/// Counts are not written for more than this part of the time: where there are so many that a batch takes long, the next one
/// has more time to gather, and many requests of one kind become one row.
const PART: u32 = 30;

/// How often a server that counts nothing says that it is there.
pub(super) const SIGN_OF_LIFE: Duration = Duration::from_mins(1);

/// How long the last counts may take at the end.
const END: Duration = Duration::from_secs(5);

/// From one attempt at them to the next: about as long as a lost database is not asked again.
const BETWEEN_LAST_TRIES: Duration = Duration::from_millis(250);

/// Rows of one transaction.
const ROWS: usize = 500;

/// Writes the counts of one [`App`].
#[derive(Debug)]
pub struct UsageRecorder {
    app: Arc<App>,
    /// Whose row it is, once that is there.
    writer: String,
    is_there: bool,
    namesakes: Namesakes,
    /// The last batch that is in the store.
    number: i64,
    /// What is to be written, in the order of the store's keys, the last first.
    rest: Taken,
    /// What was taken of it to be written as one batch, and is not known to be in the store.
    part: Option<Taken>,
    /// The part may be in the store.
    in_doubt: bool,
    /// When something was written last, by the time that only counts.
    written: Duration,
    /// The last time failed, and somebody was told.
    fails: bool,
}

impl UsageRecorder {
    /// For this app.
    pub fn new(app: Arc<App>) -> Self {
        Self {
            writer: new_name(&app),
            is_there: false,
            namesakes: Namesakes::Unknown,
            number: 0,
            rest: Taken::default(),
            part: None,
            in_doubt: false,
            written: Duration::ZERO,
            fails: false,
            app,
        }
    }

    /// Goes on until `ended`, and then writes what is left.
    pub async fn run(mut self, ended: impl Future<Output = ()>) {
        let app = Arc::clone(&self.app);
        let mut ended = std::pin::pin!(ended);
        loop {
            let begun = app.clock().uptime();
            self.write().await;
            let took = app.clock().uptime().saturating_sub(begun);
            let pause = took.saturating_mul(PART).clamp(INTERVAL, LONGEST);
            tokio::select! {
                biased;
                () = &mut ended => break,
                () = sleep(pause) => {}
                () = app.usage().half_full() => {}
            }
        }
        self.finish().await;
    }

    /// Writes what was counted up to now. A failure is logged when it begins and when it ends; nothing is lost by it.
    pub async fn write(&mut self) {
        match self.write_once(false).await {
            Ok(()) => {
                if std::mem::take(&mut self.fails) {
                    tracing::info!("usage is written again");
                }
            }
            Err(error) => {
                if !std::mem::replace(&mut self.fails, true) {
                    tracing::warn!(%error, "usage could not be written, and is kept and tried again");
                }
            }
        }
    }

    /// Writes what is left, and ends well. A store that is away is asked again, for as long as the end may take.
    pub async fn finish(mut self) {
        let mut why = None;
        let end = async {
            loop {
                match self.end().await {
                    Ok(()) => return Ok(()),
                    Err(error @ StoreError::Unavailable(_)) => why = Some(error),
                    Err(error) => return Err(error),
                }
                sleep(BETWEEN_LAST_TRIES).await;
            }
        };
        let why = match timeout(END, end).await {
            Ok(Ok(())) => return,
            Ok(Err(error)) => error.to_string(),
            Err(_elapsed) => {
                let known = why.map(|why| format!(": {why}")).unwrap_or_default();
                format!("it took more than {} s{known}", END.as_secs())
            }
        };
        tracing::warn!(
            why,
            "the last counts could not be written, and are lost: usage of this server is incomplete"
        );
    }

    async fn end(&mut self) -> Result<(), StoreError> {
        // What was left over from before, and then what was counted since.
        self.write_once(false).await?;
        self.write_once(true).await?;
        self.app.store().close_usage_writer(&self.writer).await.map(drop)
    }

    async fn write_once(&mut self, last_time: bool) -> Result<(), StoreError> {
        let app = Arc::clone(&self.app);
        self.namesakes.look(&app, &self.writer).await?;
        if !self.is_there {
            self.open(&app).await?;
        }
        if self.part.is_none() && self.rest.is_empty() {
            self.rest = take(&app, last_time).await?;
        }
        let uptime = app.clock().uptime();
        let is_idle = self.part.is_none() && self.rest.is_empty();
        if is_idle && uptime.saturating_sub(self.written) >= SIGN_OF_LIFE {
            self.part = Some(Taken::default());
        }
        while let Some(part) = self.part.take().or_else(|| self.rest.last(ROWS)) {
            let held = part.counts.len();
            let mut batch = UsageBatch {
                writer: self.writer.clone(),
                number: self.number.saturating_add(1),
                written: app.clock().now(),
                counts: part.counts.iter().map(|counter| app.usage().to_count(counter)).collect(),
                uses: part.uses,
            };
            let was_in_doubt = std::mem::replace(&mut self.in_doubt, true);
            let end = app.store().add_usage(&batch).await;
            let part = Taken { counts: part.counts, uses: std::mem::take(&mut batch.uses) };
            match end {
                Ok(BatchEnd::Written | BatchEnd::WasWritten) => {
                    self.number = batch.number;
                    self.written = uptime;
                    self.in_doubt = false;
                    app.usage().let_go(held);
                }
                Ok(BatchEnd::NoWriter) => {
                    self.in_doubt = false;
                    if was_in_doubt {
                        // Whether it was written went with the row that knew it. Lost is better than twice.
                        tracing::warn!(
                            kinds = held,
                            "counts that may or may not be in the store are not written again"
                        );
                        app.usage().let_go(held);
                    } else {
                        self.part = Some(part);
                    }
                    (self.writer, self.number) = (new_name(&app), 0);
                    self.is_there = false;
                    self.open(&app).await?;
                }
                Err(error @ StoreError::BadRow(_)) => {
                    self.in_doubt = false;
                    app.usage().let_go(held);
                    tracing::error!(%error, kinds = held, "counts that the store does not take are lost");
                }
                Err(error) => {
                    self.part = Some(part);
                    return Err(error);
                }
            }
        }
        Ok(())
    }

    async fn open(&mut self, app: &App) -> Result<(), StoreError> {
        let (writer, node) = (self.writer.clone(), app.node().to_owned());
        app.store().open_usage_writer(&UsageWriter { writer, node, written: app.clock().now() }).await?;
        self.is_there = true;
        self.written = app.clock().uptime();
        Ok(())
    }
}

fn new_name(app: &App) -> String {
    format!("{:032x}", u128::from_le_bytes(random_bytes(app.random())))
}

/// What was counted up to now, in the order of the store's keys: a part of it then touches a few pages of the tables and
/// not one for each row. Of many kinds this takes long enough to hold up requests.
async fn take(app: &Arc<App>, last_time: bool) -> Result<Taken, StoreError> {
    let own = Arc::clone(app);
    let taken = spawn_blocking(move || {
        let mut taken = own.usage().take(own.clock().now(), last_time);
        taken.counts.sort_unstable_by(|one, other| one.place().cmp(&other.place()));
        taken.uses.sort_unstable_by(|one, other| one.secret.cmp(&other.secret));
        taken
    });
    taken.await.map_err(|why| StoreError::Unavailable(why.to_string()))
}
