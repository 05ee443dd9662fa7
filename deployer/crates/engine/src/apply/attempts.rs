//! Reports from resource types about calls that count against a provider quota.

use tokio::sync::mpsc;

use crate::address::Address;

/// One call that the provider has counted.
pub(crate) struct Attempt {
    pub(crate) address: Address,
    /// Identifiers that prevent the attempt from being counted twice.
    pub(crate) dedup_keys: Vec<String>,
}

/// A channel through which the operations of a run report attempts that count against a quota.
#[derive(Debug, Clone)]
pub struct AttemptRecorder(mpsc::UnboundedSender<Attempt>);

impl AttemptRecorder {
    /// Creates a recorder and the receiver of its attempts.
    pub(crate) fn new() -> (Self, mpsc::UnboundedReceiver<Attempt>) {
        let (sender, receiver) = mpsc::unbounded_channel();
        (Self(sender), receiver)
    }

    pub(crate) fn tell(&self, address: &Address, marks: Vec<String>) {
        // A run that has ended counts nothing more; the next run finds the created resource.
        let _ = self.0.send(Attempt { address: address.clone(), dedup_keys: marks });
    }
}
