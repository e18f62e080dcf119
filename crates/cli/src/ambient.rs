//! The real clock, the real randomness, and who is at the keyboard: taken here, and handed on as parameters.

use std::cell::RefCell;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use jeton_core::intent::Actor;
use jeton_core::{Clock, Random, Timestamp};
use jeton_store::user_name;
use zeroize::{Zeroize as _, Zeroizing};

/// The operating system's clocks.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        #[expect(clippy::disallowed_methods, reason = "the clock that everybody else is given")]
        let now = SystemTime::now();
        // A clock before 1970 is wrong; tokens issued by it have expired for everybody.
        let since = now.duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
    }

    fn uptime(&self) -> Duration {
        let now = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
        let seconds = u64::try_from(now.tv_sec).unwrap_or(0);
        Duration::new(seconds, u32::try_from(now.tv_nsec).unwrap_or(0))
    }
}

/// aws-lc's generator, seeded by the operating system.
///
/// A few bytes at a time would cost as much as a few hundred, so each thread has some in stock. What is given out is
/// wiped there.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SystemRandom;

/// How many bytes a thread has in stock, for about 20 tokens.
const STOCK: usize = 512;

thread_local! {
    /// What is left of them is at the end.
    static RANDOM: RefCell<(usize, Zeroizing<[u8; STOCK]>)> = RefCell::new((0, Zeroizing::new([0; STOCK])));
}

impl Random for SystemRandom {
    fn fill(&self, bytes: &mut [u8]) {
        if bytes.len() > STOCK / 8 {
            return jeton_jose::fill_random(bytes);
        }
        RANDOM.with_borrow_mut(|(left, stock)| {
            if *left < bytes.len() {
                jeton_jose::fill_random(&mut **stock);
                *left = STOCK;
            }
            let from = STOCK - *left;
            let taken = &mut stock[from..from + bytes.len()];
            bytes.copy_from_slice(taken);
            taken.zeroize();
            *left -= bytes.len();
        });
    }
}

/// The person at the command line, by the name that the operating system knows, or else by the number.
pub(crate) fn cli_actor() -> Actor {
    Actor::Cli(user_name(rustix::process::getuid().as_raw()))
}

/// The name of this machine.
pub(crate) fn node_name() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}
