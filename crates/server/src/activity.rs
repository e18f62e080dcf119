//! What a connection is doing, so that each wait has a limit of its own.
//!
//! hyper cannot tell them apart: its header time-out counts the idle time between two requests too, and it times
//! neither the bytes by which the versions are told apart nor an HTTP/2 connection that asks for nothing. So the
//! stream is [`Watched`] from outside: by the bytes that come in, and by the requests that are being answered.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::watch;

use crate::limits::Limits;

/// What a connection is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Nothing has come yet.
    Silent,
    /// A head has begun.
    Head,
    /// So many requests are being answered. The answer has time limits of its own.
    Answering(usize),
    /// The next request has not begun. On HTTP/2, frames that ask for nothing change nothing: hyper's pings find out
    /// whoever stops in the middle of one.
    Idle,
}

impl Phase {
    fn limit(self, limits: &Limits) -> Option<Duration> {
        match self {
            Self::Silent => Some(limits.first_byte),
            Self::Head => Some(limits.header),
            Self::Answering(_) => None,
            Self::Idle => Some(limits.idle),
        }
    }
}

/// What a connection is doing, as its stream and its requests report it.
#[derive(Debug, Clone)]
pub(crate) struct Activity(Arc<watch::Sender<Phase>>);

impl Activity {
    pub(crate) fn new() -> Self {
        Self(Arc::new(watch::Sender::new(Phase::Silent)))
    }

    /// A request whose head is complete, until what this gives is dropped.
    pub(crate) fn request(&self) -> Answering {
        self.0.send_modify(|phase| {
            *phase = Phase::Answering(if let Phase::Answering(others) = *phase { others + 1 } else { 1 });
        });
        Answering(self.clone())
    }

    /// Ends once a wait has lasted too long, and gives which.
    pub(crate) async fn overdue(&self, limits: &Limits) -> Phase {
        let mut phases = self.0.subscribe();
        loop {
            let phase = *phases.borrow_and_update();
            // The sender is here, so there is always a next phase to wait for.
            match phase.limit(limits) {
                None => drop(phases.changed().await),
                Some(limit) if tokio::time::timeout(limit, phases.changed()).await.is_err() => return phase,
                Some(_) => {}
            }
        }
    }

    fn head_began(&self) {
        self.0.send_if_modified(|phase| {
            let begins = matches!(phase, Phase::Silent | Phase::Idle);
            if begins {
                *phase = Phase::Head;
            }
            begins
        });
    }

    fn head_was_a_preface(&self) {
        self.0.send_if_modified(|phase| std::mem::replace(phase, Phase::Idle) != Phase::Idle);
    }
}

/// A request between its head and its answer.
pub(crate) struct Answering(Activity);

impl Drop for Answering {
    fn drop(&mut self) {
        self.0.0.send_modify(|phase| {
            *phase = match *phase {
                Phase::Answering(many @ 2..) => Phase::Answering(many - 1),
                _ => Phase::Idle,
            };
        });
    }
}

/// What an HTTP/2 connection begins with (RFC 9113 section 3.4).
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// A stream that reports what comes in.
#[derive(Debug)]
pub(crate) struct Watched<S> {
    stream: S,
    activity: Activity,
    /// How much of the preface has come, and nothing else.
    preface: Option<usize>,
}

impl<S> Watched<S> {
    pub(crate) fn new(stream: S, activity: Activity) -> Self {
        Self { stream, activity, preface: Some(0) }
    }

    fn received(&mut self, bytes: &[u8]) {
        match self.preface {
            Some(seen) if seen == PREFACE.len() => return,
            Some(seen) => {
                let rest = &PREFACE[seen..];
                let compared = rest.len().min(bytes.len());
                self.preface = (rest[..compared] == bytes[..compared]).then_some(seen + compared);
            }
            None => {}
        }
        if self.preface == Some(PREFACE.len()) {
            self.activity.head_was_a_preface();
        } else {
            self.activity.head_began();
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Watched<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let result = Pin::new(&mut self.stream).poll_read(cx, buffer);
        let new = &buffer.filled()[before..];
        if !new.is_empty() {
            self.received(new);
        }
        result
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Watched<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}
