//! What stands before an API and counts how often it said no: the API does not tell, and a client hides it.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// A relay, which ends with the process.
pub(super) struct Relay {
    pub(super) address: SocketAddr,
    unauthorized: Arc<AtomicUsize>,
}

impl Relay {
    pub(super) fn before(api: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (address, unauthorized) = (listener.local_addr().unwrap(), Arc::<AtomicUsize>::default());
        let counter = Arc::clone(&unauthorized);
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let counter = Arc::clone(&counter);
                // The API of a test that has ended is away.
                let Ok(api) = TcpStream::connect(api) else { return };
                let (from, to) = (client.try_clone().unwrap(), api.try_clone().unwrap());
                thread::spawn(move || pass(&from, &to, |_| ()));
                thread::spawn(move || {
                    pass(&api, &client, |answer| {
                        if answer.starts_with(b"HTTP/1.1 401 ") {
                            counter.fetch_add(1, Ordering::Relaxed);
                        }
                    });
                });
            }
        });
        Self { address, unauthorized }
    }

    /// How many answers were 401 since it was last asked.
    pub(super) fn unauthorized(&self) -> usize {
        self.unauthorized.swap(0, Ordering::Relaxed)
    }
}

/// Hands on what comes, and shows it first. Whoever goes away ends it.
fn pass(mut from: &TcpStream, mut to: &TcpStream, look: impl Fn(&[u8])) {
    let mut bytes = [0; 8192];
    while let Ok(read) = from.read(&mut bytes) {
        look(&bytes[..read]);
        if read == 0 || to.write_all(&bytes[..read]).is_err() {
            break;
        }
    }
    let _gone = to.shutdown(Shutdown::Write);
}
