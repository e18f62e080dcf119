//! The word to stop, for whoever serves something.

use tokio::sync::watch;

/// Gives the word, at the latest when it is dropped.
pub(crate) struct Stopping(watch::Sender<bool>);

/// Waits for the word.
#[derive(Debug, Clone)]
pub(crate) struct Stopped(watch::Receiver<bool>);

/// Two ends of one word.
pub(crate) fn channel() -> (Stopping, Stopped) {
    let (stopping, stopped) = watch::channel(false);
    (Stopping(stopping), Stopped(stopped))
}

impl Stopping {
    pub(crate) fn stop(&self) {
        self.0.send_replace(true);
    }
}

impl Stopped {
    /// Ends when the word is given, or was.
    pub(crate) async fn told(&mut self) {
        // That nobody is left to give it says the same.
        drop(self.0.wait_for(|stopped| *stopped).await);
    }
}
