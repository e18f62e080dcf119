//! One connection, from its first byte to its last, with a time-out at every place where it could be held open.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use tokio::net::TcpStream;
use tokio::sync::watch;

use crate::app::App;
use crate::limits::Limits;
use crate::routes::Connection;

/// Serves a connection until its end.
pub(crate) async fn serve(
    app: Arc<App>,
    stream: TcpStream,
    peer: SocketAddr,
    bound: Option<usize>,
    mut stopped: watch::Receiver<bool>,
) {
    let limits = *app.limits();
    let mut first = [0; 1];
    let first = tokio::select! {
        first = tokio::time::timeout(limits.first_byte, stream.peek(&mut first)) => first,
        _ = stopped.changed() => return,
    };
    if !matches!(first, Ok(Ok(1..))) {
        return;
    }
    // Answers are small and whole: waiting to fill a segment only delays them.
    let _ = stream.set_nodelay(true);
    let connection = Connection { bound, peer: Some(peer.ip()) };
    let (requests, in_flight) = watch::channel(0);
    let requests = Arc::new(requests);
    let service = service_fn(move |request| {
        let (app, in_flight) = (Arc::clone(&app), InFlight::begin(&requests));
        async move {
            let answer = app.answer(connection, request).await;
            drop(in_flight);
            Ok::<_, Infallible>(answer)
        }
    });
    let builder = builder(&limits);
    let mut served = pin!(builder.serve_connection(TokioIo::new(stream), service));
    let ended = tokio::select! {
        ended = served.as_mut() => ended,
        () = idle(in_flight, limits.header) => {
            served.as_mut().graceful_shutdown();
            // One that stands still in the middle of something does not even do that.
            tokio::time::timeout(limits.first_byte, served).await.unwrap_or(Ok(()))
        }
        _ = stopped.changed() => {
            served.as_mut().graceful_shutdown();
            served.await
        }
    };
    if let Err(error) = ended {
        // The other end went away, spoke no HTTP or took too long: its own affair, and it may be an attack, so
        // it is not worth a line each.
        tracing::trace!(%error, "a connection ended early");
    }
}

/// A request between its head and its answer.
struct InFlight(Arc<watch::Sender<usize>>);

impl InFlight {
    fn begin(requests: &Arc<watch::Sender<usize>>) -> Self {
        requests.send_modify(|number| *number += 1);
        Self(Arc::clone(requests))
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.send_modify(|number| *number -= 1);
    }
}

/// Ends once no request was in flight for `limit`.
///
/// hyper's own time-outs do not see everything: not the first bytes, by which it tells the versions apart, and
/// not an HTTP/2 connection that asks for nothing, as long as it answers pings.
async fn idle(mut in_flight: watch::Receiver<usize>, limit: Duration) {
    loop {
        let busy = *in_flight.borrow_and_update() > 0;
        let change = in_flight.changed();
        let change = if busy { Ok(change.await) } else { tokio::time::timeout(limit, change).await };
        // Nobody is left to change it only where the connection has ended.
        if !matches!(change, Ok(Ok(()))) {
            return;
        }
    }
}

fn builder(limits: &Limits) -> auto::Builder<TokioExecutor> {
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.header)
        .max_buf_size(limits.header_bytes)
        .half_close(true);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(limits.streams)
        .max_header_list_size(u32::try_from(limits.header_bytes).unwrap_or(u32::MAX))
        .keep_alive_interval(limits.header)
        .keep_alive_timeout(limits.first_byte);
    builder
}
