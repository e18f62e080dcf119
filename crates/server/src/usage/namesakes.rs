//! Other rows under this node's name: of a server that ended badly, and whose last counts are lost, or of one that runs.
//!
//! A node's name may be another one's too, so that a row alone says nothing. One that was old at the start, or that stood
//! still from then on for as long, is that of a server which has ended. Machines' clocks may differ by less than that.

use std::time::Duration;

use jeton_core::usage::UsageWriter;
use jeton_core::{StoreError, Timestamp};

use super::recorder::{INTERVAL, SIGN_OF_LIFE};
use crate::app::App;

/// How long a row stands still before whoever wrote it is taken for gone: it missed several signs of life.
const GONE: Duration = SIGN_OF_LIFE.saturating_mul(5);

/// What is known of them.
#[derive(Debug)]
pub(super) enum Namesakes {
    /// Nothing.
    Unknown,
    /// These were written lately when they were seen, by the time that only counts.
    Watched { since: Duration, rows: Vec<UsageWriter> },
    /// Nothing more is to be found out: those that are left were written while this server ran.
    Known,
}

impl Namesakes {
    /// Closes the rows of servers that have ended, and says so. `own` is none of them.
    pub(super) async fn look(&mut self, app: &App, own: &str) -> Result<(), StoreError> {
        let uptime = app.clock().uptime();
        let before: &[UsageWriter] = match self {
            Self::Unknown => &[],
            Self::Watched { since, rows } if uptime.saturating_sub(*since) >= GONE => rows,
            Self::Watched { .. } | Self::Known => return Ok(()),
        };
        let old = app.clock().now().minus(GONE);
        let mut recent = Vec::new();
        for row in app.store().usage_writers(app.node()).await? {
            if row.writer == own {
                continue;
            }
            if row.written > old && !before.contains(&row) {
                recent.push(row);
            } else if app.store().close_usage_writer(&row.writer).await? {
                say_lost(&row);
            }
        }
        let is_first = matches!(self, Self::Unknown);
        *self = if is_first && !recent.is_empty() {
            Self::Watched { since: uptime, rows: recent }
        } else {
            Self::Known
        };
        Ok(())
    }
}

/// A server that counted is gone, and did not end well.
pub(crate) fn say_lost(left: &UsageWriter) {
    let Timestamp(micros) = left.written;
    tracing::warn!(
        node = left.node,
        last_written_unix_seconds = micros.div_euclid(1_000_000),
        "a server ended without writing its last counts: at most {} s of usage are missing after this time",
        INTERVAL.as_secs()
    );
}
