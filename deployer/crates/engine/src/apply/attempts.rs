//! Reports from resource types about calls that count against a provider quota.

use std::sync::Arc;

use tokio::sync::mpsc;

use crate::address::Address;
use crate::ports::AttemptRecorder;

/// One call that the provider has counted.
pub(crate) struct Attempt {
    pub(crate) address: Address,
    /// Identifiers that prevent the attempt from being counted twice.
    pub(crate) dedup_keys: Vec<String>,
}

/// A channel through which the operations of a run report attempts that count against a quota.
pub(crate) struct AttemptChannel(mpsc::UnboundedSender<Attempt>);

impl AttemptChannel {
    /// Creates a recorder and the receiver of its attempts.
    pub(crate) fn open() -> (Arc<dyn AttemptRecorder>, mpsc::UnboundedReceiver<Attempt>) {
        let (sender, receiver) = mpsc::unbounded_channel();
        (Arc::new(Self(sender)), receiver)
    }
}

impl AttemptRecorder for AttemptChannel {
    fn record(&self, address: &Address, dedup_keys: Vec<String>) {
        // A run that has ended counts nothing more; the next run finds the created resource.
        let _ = self.0.send(Attempt { address: address.clone(), dedup_keys });
    }
}
