//! Cancellation of a run.

use std::sync::Arc;

use tokio::sync::watch;

/// A request to stop, made by a signal handler and observed by the run. Cheap to clone; all clones share one state.
#[derive(Debug, Clone)]
pub struct CancellationToken(Arc<watch::Sender<bool>>);

impl Default for CancellationToken {
    fn default() -> Self {
        Self(Arc::new(watch::Sender::new(false)))
    }
}

impl CancellationToken {
    /// Creates a token without a request.
    pub fn new() -> Self {
        Self::default()
    }

    /// Asks the run to stop: nothing new is started, running changes are awaited for a short time, and the state is saved.
    pub fn cancel(&self) {
        self.0.send_replace(true);
    }

    /// Whether the run was asked to stop.
    pub fn is_cancelled(&self) -> bool {
        *self.0.borrow()
    }

    /// Completes when the run is asked to stop.
    pub async fn cancelled(&self) {
        let mut receiver = self.0.subscribe();
        // The sender lives in `self`, so the wait ends only with the request.
        let _ = receiver.wait_for(|requested| *requested).await;
    }
}
