//! What a connection is doing, so that each wait has a limit of its own.
//!
//! hyper cannot tell them apart: its header time-out counts the idle time between two requests too, and it times
//! neither the bytes by which the versions are told apart nor an HTTP/2 connection that asks for nothing. So the
//! stream is [`Watched`] from outside: by the bytes that come in, and by the requests that are being answered.

use std::future::poll_fn;
use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, sleep};

use crate::limits::Limits;

/// What a connection is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Nothing has come yet.
    Silent,
    /// A head has begun.
    Head,
    /// So many requests are being answered. The answer has time limits of its own.
    Answering(u32),
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

/// What a connection is doing, as its stream and its requests report it: the phase, and how many there were before it.
///
/// A report is one atomic step, wakes nobody and reads no clock. All of them are made while the connection's task runs,
/// or before what wakes it, and that task looks at the phase whenever it has nothing left to do: see
/// [`Activity::overdue`].
#[derive(Debug, Clone)]
pub(crate) struct Activity(Arc<AtomicU64>);

impl Activity {
    pub(crate) fn new() -> Self {
        Self(Arc::new(AtomicU64::new(packed(0, Phase::Silent))))
    }

    /// A request whose head is complete, until what this gives is dropped.
    pub(crate) fn request(&self) -> Answering {
        self.report(|phase| {
            Phase::Answering(if let Phase::Answering(others) = phase { others.saturating_add(1) } else { 1 })
        });
        Answering(self.clone())
    }

    /// Ends once a wait has lasted too long, and gives which. To be polled by the connection's task, after the
    /// connection.
    pub(crate) async fn overdue(&self, limits: &Limits) -> Phase {
        let mut timer = pin!(sleep(limits.first_byte));
        let (mut known, mut since) = (self.0.load(Ordering::Acquire), now());
        poll_fn(|cx| {
            let latest = self.0.load(Ordering::Acquire);
            if latest != known {
                (known, since) = (latest, now());
            }
            let phase = unpacked(known);
            // Whatever ends the answering brings the task back here.
            let Some(limit) = phase.limit(limits) else { return Poll::Pending };
            let deadline = since + limit;
            // A timer that ends too early is left as it is: to set it for each request costs more than to look again.
            if timer.deadline() > deadline {
                timer.as_mut().reset(deadline);
            }
            while timer.as_mut().poll(cx).is_ready() {
                if timer.deadline() >= deadline {
                    return Poll::Ready(phase);
                }
                timer.as_mut().reset(deadline);
            }
            Poll::Pending
        })
        .await
    }

    fn head_began(&self) {
        self.report(|phase| if let Phase::Silent | Phase::Idle = phase { Phase::Head } else { phase });
    }

    fn head_was_a_preface(&self) {
        self.report(|_| Phase::Idle);
    }

    fn report(&self, next: impl Fn(Phase) -> Phase) {
        let step = |old| {
            let (before, after) = (unpacked(old), next(unpacked(old)));
            (before != after).then(|| packed((old >> COUNTED_FROM) + 1, after))
        };
        // Where nothing changes, nothing is to be done.
        let _ = self.0.try_update(Ordering::AcqRel, Ordering::Acquire, step);
    }
}

/// The time by the clock of the timers.
fn now() -> Instant {
    sleep(Duration::ZERO).deadline()
}

/// The lowest bits tell the phase, those after them how many requests are being answered, the others are a count of the
/// phases before, so that two of a kind are not taken for one.
const KIND_BITS: u32 = 2;
const COUNTED_FROM: u32 = KIND_BITS + u32::BITS;

fn packed(count: u64, phase: Phase) -> u64 {
    let (kind, requests) = match phase {
        Phase::Silent => (0, 0),
        Phase::Head => (1, 0),
        Phase::Answering(requests) => (2, requests),
        Phase::Idle => (3, 0),
    };
    count << COUNTED_FROM | u64::from(requests) << KIND_BITS | kind
}

fn unpacked(value: u64) -> Phase {
    match value & ((1 << KIND_BITS) - 1) {
        0 => Phase::Silent,
        1 => Phase::Head,
        2 => Phase::Answering(u32::try_from(value >> KIND_BITS & u64::from(u32::MAX)).unwrap_or(u32::MAX)),
        _ => Phase::Idle,
    }
}

/// A request between its head and its answer.
pub(crate) struct Answering(Activity);

impl Drop for Answering {
    fn drop(&mut self) {
        self.0.report(|phase| match phase {
            Phase::Answering(many @ 2..) => Phase::Answering(many - 1),
            _ => Phase::Idle,
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
