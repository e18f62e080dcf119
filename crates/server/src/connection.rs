//! One connection, from its first byte to its last, with a time-out at every place where it could be held open:
//! the handshake here, what is read in `activity.rs`, what is written in `write_limit.rs`, bodies in `body.rs`, answers
//! in `routes.rs`.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;

use http::header::CONNECTION;
use http::{HeaderValue, Version};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;

use crate::activity::{Activity, Phase, Watched};
use crate::app::App;
use crate::limits::Limits;
use crate::routes::{Connection, Door};
use crate::stopped::Stopped;
use crate::write_limit::WriteLimit;

/// What all connections of a listener share.
#[derive(Clone)]
pub(crate) struct Terms {
    pub(crate) app: Arc<App>,
    /// The environment that the listener is bound to.
    pub(crate) bound: Option<usize>,
    pub(crate) door: Door,
    /// `None` for plain HTTP.
    pub(crate) tls: Option<TlsAcceptor>,
    /// When every connection is to end.
    pub(crate) stopped: Stopped,
}

/// Serves a connection until its end.
pub(crate) async fn serve(mut terms: Terms, stream: TcpStream, peer: SocketAddr) {
    // Answers are small and whole: waiting to fill a segment only delays them.
    let _ = stream.set_nodelay(true);
    let limits = *terms.app.limits();
    let connection = Connection { bound: terms.bound, peer: Some(peer.ip()), door: terms.door };
    let stream = WriteLimit::new(stream, limits.write);
    let Some(acceptor) = terms.tls.take() else {
        return converse(&terms.app, connection, stream, terms.stopped).await;
    };
    let shaken = tokio::select! {
        biased;
        shaken = timeout(limits.handshake, acceptor.accept(stream)) => shaken,
        () = terms.stopped.told() => return,
    };
    match shaken {
        Ok(Ok(stream)) => converse(&terms.app, connection, stream, terms.stopped).await,
        Ok(Err(error)) => ended_early(&error),
        Err(elapsed) => ended_early(&elapsed),
    }
}

/// HTTP on a stream, whether it is encrypted or not.
async fn converse<S>(app: &Arc<App>, connection: Connection, stream: S, mut stopped: Stopped)
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let limits = app.limits();
    let activity = Activity::new();
    let stream = TokioIo::new(Watched::new(stream, activity.clone()));
    let service = service_fn(|request| {
        let (app, answering) = (Arc::clone(app), activity.request());
        async move {
            let version = request.version();
            let mut answer = app.answer(connection, request).await;
            if version < Version::HTTP_2 && app.is_stopping() {
                answer.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
            }
            drop(answering);
            Ok::<_, Infallible>(answer)
        }
    });
    let builder = builder(limits);
    let mut served = pin!(builder.serve_connection(stream, service));
    let ended = tokio::select! {
        // What has come is looked at before the clock is.
        biased;
        ended = served.as_mut() => ended,
        phase = activity.overdue(limits) => {
            if phase != Phase::Idle {
                return;
            }
            served.as_mut().graceful_shutdown();
            // One that stands still in the middle of something does not even do that.
            timeout(limits.first_byte, served).await.unwrap_or(Ok(()))
        }
        () = stopped.told() => {
            served.as_mut().graceful_shutdown();
            tokio::select! {
                ended = served => ended,
                _ = activity.overdue(limits) => return,
            }
        }
    };
    if let Err(error) = ended {
        ended_early(&error);
    }
}

/// The other end went away, spoke no HTTP or took too long: its own affair, and it may be an attack, so it is not worth
/// a line each.
fn ended_early(error: &dyn std::fmt::Display) {
    tracing::trace!(%error, "a connection ended early");
}

/// Streams that an HTTP/2 client may have taken back before anything looked at them (CVE-2023-44487).
const PENDING_RESETS: usize = 20;

/// Streams that an HTTP/2 connection may make the server take back in its whole life (CVE-2025-8671).
const OWN_RESETS: usize = 200;

fn builder(limits: &Limits) -> auto::Builder<TokioExecutor> {
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        // `Activity` times heads, and tells them from idleness.
        .header_read_timeout(None)
        .max_buf_size(limits.header_bytes)
        .half_close(true);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(limits.streams)
        .max_pending_accept_reset_streams(PENDING_RESETS)
        .max_local_error_reset_streams(OWN_RESETS)
        .max_header_list_size(u32::try_from(limits.header_bytes).unwrap_or(u32::MAX))
        .keep_alive_interval(limits.header)
        .keep_alive_timeout(limits.first_byte);
    builder
}
