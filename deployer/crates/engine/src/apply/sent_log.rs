//! Marks in the intent: that a call is about to be sent which must not be sent twice. Who asks for one waits until it is durable.

use tokio::sync::{mpsc, oneshot};

use crate::address::Address;
use crate::error::{Class, Error, Result};

/// One asked-for mark.
pub(crate) struct RecordRequest {
    pub(crate) address: Address,
    /// Whoever waits for it.
    pub(crate) done: oneshot::Sender<Result<()>>,
}

/// Where the operations of a run ask for marks.
#[derive(Clone)]
pub(crate) struct SendRecorder(mpsc::UnboundedSender<RecordRequest>);

impl SendRecorder {
    /// A marker and where its questions arrive.
    pub(crate) fn new() -> (Self, mpsc::UnboundedReceiver<RecordRequest>) {
        let (sender, receiver) = mpsc::unbounded_channel();
        (Self(sender), receiver)
    }

    /// Records durably that the change at `address` is about to be sent.
    ///
    /// # Errors
    /// That it could not be recorded; then it must not be sent.
    pub(crate) async fn record_sent(&self, address: &Address) -> Result<()> {
        let (done, marked) = oneshot::channel();
        let gone = || Error::new(Class::Interrupted, "not started: the run has ended");
        self.0.send(RecordRequest { address: address.clone(), done }).map_err(|_| gone())?;
        marked.await.map_err(|_| gone())?
    }
}
