//! What counts against a budget of the cloud's, told by resource types while they work.

use tokio::sync::mpsc;

use crate::address::Address;

/// One attempt that the cloud has counted.
pub(crate) struct Attempt {
    pub(crate) address: Address,
    /// By what it is known.
    pub(crate) marks: Vec<String>,
}

/// Where the operations of a run tell of attempts.
#[derive(Debug, Clone)]
pub struct AttemptRecorder(mpsc::UnboundedSender<Attempt>);

impl AttemptRecorder {
    /// A teller and where what it tells arrives.
    pub(crate) fn new() -> (Self, mpsc::UnboundedReceiver<Attempt>) {
        let (sender, receiver) = mpsc::unbounded_channel();
        (Self(sender), receiver)
    }

    pub(crate) fn tell(&self, address: &Address, marks: Vec<String>) {
        // A run that has ended counts nothing more; the next finds what was made.
        let _ = self.0.send(Attempt { address: address.clone(), marks });
    }
}
