//! The in-memory state of a run and its writes to the backend.

use std::time::Duration;

use serde_json::Value;
use time::OffsetDateTime;

use crate::address::Address;
use crate::backend::{Lease, Version};
use crate::engine::Engine;
use crate::error::{ErrorClass, Result};
use crate::event::Event;
use crate::quota::Quota;
use crate::resource::AnyLive;
use crate::state::{Record, State, Superseded};

/// The condition of the next conditional write.
#[derive(Default)]
pub(crate) struct Writer {
    /// The version that must still be stored.
    pub(crate) version: Option<Version>,
    /// The bytes of a write that failed but may have succeeded nevertheless.
    unconfirmed: Option<Vec<u8>>,
}

/// Seconds to wait after each write that failed with a retryable error.
const WAITS: [u64; 3] = [1, 2, 4];

impl Writer {
    pub(crate) fn new(version: Option<Version>) -> Self {
        Self { version, unconfirmed: None }
    }

    /// Writes `bytes` if the stored version is unchanged; retries after a transient error that the backend has not retried itself.
    pub(crate) async fn write(self, engine: &Engine, lease: &Lease, bytes: Vec<u8>) -> (Self, Result<()>) {
        let mut writer = self;
        for wait in WAITS {
            let result;
            (writer, result) = writer.write_once(engine, lease, bytes.clone()).await;
            match &result {
                Err(error)
                    if !error.retries_exhausted
                        && matches!(error.class, ErrorClass::Throttled | ErrorClass::Transient | ErrorClass::UnknownOutcome) =>
                {
                    engine.clock.sleep(Duration::from_secs(wait)).await;
                }
                _ => return (writer, result),
            }
        }
        writer.write_once(engine, lease, bytes).await
    }

    async fn write_once(mut self, engine: &Engine, lease: &Lease, bytes: Vec<u8>) -> (Self, Result<()>) {
        if let Some(doubtful) = &self.unconfirmed {
            match engine.backend.load().await {
                Ok(Some(stored)) if &stored.bytes == doubtful => self.version = Some(stored.version),
                Ok(_) => {}
                Err(error) => return (self, Err(error)),
            }
        }
        match engine.backend.save(bytes.clone(), self.version.as_ref(), lease).await {
            Ok(version) => (Self::new(Some(version)), Ok(())),
            Err(error) => {
                self.unconfirmed = Some(bytes);
                (self, Err(error))
            }
        }
    }
}

/// The state as the run knows it. It is never behind the stored state.
pub(crate) struct StateWriter {
    pub(crate) state: State,
    /// `None` while a write is in flight.
    pub(crate) writer: Option<Writer>,
    /// Whether there are changes that are not stored yet.
    pub(crate) dirty: bool,
}

impl StateWriter {
    pub(crate) fn new(state: State, version: Option<Version>) -> Self {
        Self { state, writer: Some(Writer::new(version)), dirty: false }
    }

    /// Returns the writer and the bytes of the next write; `None` while another write is in flight.
    pub(crate) fn begin_write(&mut self) -> Result<Option<(Writer, Vec<u8>)>> {
        let Some(writer) = self.writer.take() else { return Ok(None) };
        self.state.serial += 1;
        match self.state.to_bytes() {
            Ok(bytes) => {
                self.dirty = false;
                Ok(Some((writer, bytes)))
            }
            Err(error) => {
                self.writer = Some(writer);
                Err(error)
            }
        }
    }

    /// Takes the writer back and marks the state as dirty if the write failed.
    pub(crate) fn end_write(&mut self, engine: &Engine, writer: Writer, result: &Result<()>) {
        self.writer = Some(writer);
        match result {
            Ok(()) => engine.events.send(Event::StateSaved { serial: self.state.serial }),
            Err(error) => {
                self.dirty = true;
                engine.events.send(Event::StateSaveFailed { error: error.clone() });
            }
        }
    }

    /// Writes now and waits until the state is durable.
    pub(crate) async fn save(&mut self, engine: &Engine, lease: &Lease) -> Result<()> {
        let Some((writer, bytes)) = self.begin_write()? else { return Ok(()) };
        let (writer, result) = writer.write(engine, lease, bytes).await;
        self.end_write(engine, writer, &result);
        result
    }

    /// Records a created or updated resource; the old resource of a create-before-delete replacement is retained for its deletion.
    pub(crate) fn record_applied(&mut self, address: &Address, record: Record, keep_old: bool) {
        let old = self.state.resources.insert(address.clone(), record);
        if let (true, Some(record)) = (keep_old, old) {
            self.state.superseded.push(Superseded { address: address.clone(), record });
        }
        self.dirty = true;
    }

    /// Records the properties of a resource between two tasks of its change.
    pub(crate) fn record_partial(&mut self, address: &Address, live: &AnyLive, properties: Value) {
        if let Some(record) = self.state.resources.get_mut(address) {
            record.properties = properties;
            record.outputs = live.outputs.clone();
            self.dirty = true;
        }
    }

    /// Updates a record with the outputs that were read.
    pub(crate) fn refresh(&mut self, address: &Address, live: &AnyLive) {
        if let Some(record) = self.state.resources.get_mut(address) {
            record.outputs = live.outputs.clone();
        }
    }

    /// Records one creation or deletion that counts against a provider quota.
    pub(crate) fn record_quota_use(&mut self, type_name: &str, meter: Quota, now: OffsetDateTime, marks: &[String]) {
        self.state.record_quota_use(type_name, meter, now, marks);
        self.dirty = true;
    }

    /// Records whether the resource at `address` has a one-time secret that was not shown yet. The record is removed once the secret is
    /// shown.
    pub(crate) fn record_unshown_secret(&mut self, address: &Address, tells: bool) {
        if tells {
            self.state.unshown_secrets.insert(address.clone());
        } else {
            self.state.unshown_secrets.remove(address);
        }
        self.dirty = true;
    }

    /// Removes the record of a deleted resource.
    pub(crate) fn record_removed(&mut self, address: &Address, record: &Record, superseded: bool) {
        if superseded {
            self.state.superseded.retain(|old| &old.address != address || old.record.id != record.id);
        } else {
            self.state.resources.remove(address);
            self.state.unshown_secrets.remove(address);
        }
        self.dirty = true;
    }

    /// Gives a pending change a new generation and thereby a new idempotency token. The old token stands for a failure that is settled, and
    /// a service that remembers tokens would return that failure for ever.
    pub(crate) fn assign_new_generation(&mut self, address: &Address) {
        let State { generation, intent, .. } = &mut self.state;
        if let Some(open) = intent.as_mut().and_then(|intent| intent.pending.get_mut(address)) {
            *generation += 1;
            open.generation = *generation;
            self.dirty = true;
        }
    }

    /// Records that the change at `address` is about to be sent.
    pub(crate) fn record_sent(&mut self, address: &Address, now: OffsetDateTime) {
        if let Some(open) = self.state.intent.as_mut().and_then(|intent| intent.pending.get_mut(address)) {
            open.sent_at = Some(now);
        }
        // The caller waits for a write, so one must happen in any case.
        self.dirty = true;
    }

    /// Removes a change from the intent.
    pub(crate) fn complete_change(&mut self, address: &Address) {
        if let Some(intent) = &mut self.state.intent {
            self.dirty |= intent.pending.remove(address).is_some();
        }
    }
}
