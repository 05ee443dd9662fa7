//! Records in the intent of calls that are about to be sent and must not be sent twice. The caller waits until the record is durable.

use tokio::sync::{mpsc, oneshot};

use crate::address::Address;
use crate::error::{Error, ErrorClass, Result};

/// A request to record that a call is about to be sent.
pub(crate) struct RecordRequest {
    pub(crate) address: Address,
    /// Completed when the record is durable or has failed.
    pub(crate) done: oneshot::Sender<Result<()>>,
}

/// A channel through which the operations of a run request such records.
#[derive(Clone)]
pub(crate) struct SendRecorder(mpsc::UnboundedSender<RecordRequest>);

impl SendRecorder {
    /// Creates a recorder and the receiver of its requests.
    pub(crate) fn new() -> (Self, mpsc::UnboundedReceiver<RecordRequest>) {
        let (sender, receiver) = mpsc::unbounded_channel();
        (Self(sender), receiver)
    }

    /// Records durably that the change at `address` is about to be sent.
    ///
    /// # Errors
    /// The error of the write; then the call must not be sent.
    pub(crate) async fn record_sent(&self, address: &Address) -> Result<()> {
        let (done, marked) = oneshot::channel();
        let gone = || Error::new(ErrorClass::Interrupted, "not started: the run has ended");
        self.0.send(RecordRequest { address: address.clone(), done }).map_err(|_| gone())?;
        marked.await.map_err(|_| gone())?
    }
}
