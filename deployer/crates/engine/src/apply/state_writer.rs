//! The state of a running run, and its way to disk.

use std::time::Duration;

use serde_json::Value;
use time::OffsetDateTime;

use crate::address::Address;
use crate::backend::{Lease, Version};
use crate::engine::Engine;
use crate::error::{Class, Result};
use crate::event::Event;
use crate::resource::{AnyLive, Quota};
use crate::state::{Record, State, Superseded};

/// What a conditional write must know.
#[derive(Default)]
pub(crate) struct Writer {
    /// The version that must still be stored.
    pub(crate) version: Option<Version>,
    /// The bytes of a write that failed: it may have succeeded all the same.
    unconfirmed: Option<Vec<u8>>,
}

/// How many seconds are waited after each write that failed for a passing reason.
const WAITS: [u64; 3] = [1, 2, 4];

impl Writer {
    pub(crate) fn new(version: Option<Version>) -> Self {
        Self { version, unconfirmed: None }
    }

    /// Writes `bytes` if nobody else has written; a passing fault is waited out.
    pub(crate) async fn write(self, engine: &Engine, lease: &Lease, bytes: Vec<u8>) -> (Self, Result<()>) {
        let mut writer = self;
        for wait in WAITS {
            let result;
            (writer, result) = writer.write_once(engine, lease, bytes.clone()).await;
            match &result {
                Err(error) if matches!(error.class, Class::Throttled | Class::Transient | Class::UnknownOutcome) => {
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

/// The state as the run knows it. Only ever ahead of what is stored.
pub(crate) struct StateWriter {
    pub(crate) state: State,
    /// `None` while a write is under way.
    pub(crate) writer: Option<Writer>,
    /// Whether something is not stored yet.
    pub(crate) dirty: bool,
}

impl StateWriter {
    pub(crate) fn new(state: State, version: Option<Version>) -> Self {
        Self { state, writer: Some(Writer::new(version)), dirty: false }
    }

    /// The writer and the bytes of the next write.
    pub(crate) fn begin(&mut self) -> Result<Option<(Writer, Vec<u8>)>> {
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

    /// Takes the writer back, and remembers whether it has to write again.
    pub(crate) fn end(&mut self, engine: &Engine, writer: Writer, result: &Result<()>) {
        self.writer = Some(writer);
        match result {
            Ok(()) => engine.events.send(Event::Saved { serial: self.state.serial }),
            Err(error) => {
                self.dirty = true;
                engine.events.send(Event::NotSaved { error: error.clone() });
            }
        }
    }

    /// Writes now and waits until it is durable.
    pub(crate) async fn save(&mut self, engine: &Engine, lease: &Lease) -> Result<()> {
        let Some((writer, bytes)) = self.begin()? else { return Ok(()) };
        let (writer, result) = writer.write(engine, lease, bytes).await;
        self.end(engine, writer, &result);
        result
    }

    /// Records what was made; the old one of a replacement made new-first is kept for its removal.
    pub(crate) fn made(&mut self, address: &Address, record: Record, keep_old: bool) {
        let old = self.state.resources.insert(address.clone(), record);
        if let (true, Some(record)) = (keep_old, old) {
            self.state.superseded.push(Superseded { address: address.clone(), record });
        }
        self.dirty = true;
    }

    /// Records what a resource is between two steps of its change.
    pub(crate) fn prepared(&mut self, address: &Address, live: &AnyLive, properties: Value) {
        if let Some(record) = self.state.resources.get_mut(address) {
            record.properties = properties;
            record.outputs = live.outputs.clone();
            self.dirty = true;
        }
    }

    /// Brings a record up to what was read.
    pub(crate) fn refresh(&mut self, address: &Address, live: &AnyLive) {
        if let Some(record) = self.state.resources.get_mut(address) {
            record.outputs = live.outputs.clone();
        }
    }

    /// Notes one making or removing of a thing that the cloud allows only so many of.
    pub(crate) fn spend(&mut self, type_name: &str, meter: Quota, now: OffsetDateTime, marks: &[String]) {
        self.state.spend(type_name, meter, now, marks);
        self.dirty = true;
    }

    /// Notes whether what was made at `address` has something to tell once. Whoever tells it takes the note away.
    pub(crate) fn record_unshown_secret(&mut self, address: &Address, tells: bool) {
        if tells {
            self.state.unshown_secrets.insert(address.clone());
        } else {
            self.state.unshown_secrets.remove(address);
        }
        self.dirty = true;
    }

    /// Drops what was removed.
    pub(crate) fn removed(&mut self, address: &Address, record: &Record, superseded: bool) {
        if superseded {
            self.state.superseded.retain(|old| &old.address != address || old.record.id != record.id);
        } else {
            self.state.resources.remove(address);
            self.state.unshown_secrets.remove(address);
        }
        self.dirty = true;
    }

    /// Gives an open change a new number, and so a new token: its old one stands for a failure that is settled, and a service that
    /// remembers tokens would answer with that failure for ever.
    pub(crate) fn renumber(&mut self, address: &Address) {
        let State { generation, intent, .. } = &mut self.state;
        if let Some(open) = intent.as_mut().and_then(|intent| intent.open.get_mut(address)) {
            *generation += 1;
            open.generation = *generation;
            self.dirty = true;
        }
    }

    /// Records that the change at `address` is about to be sent.
    pub(crate) fn record_sent(&mut self, address: &Address, now: OffsetDateTime) {
        if let Some(open) = self.state.intent.as_mut().and_then(|intent| intent.open.get_mut(address)) {
            open.sent_at = Some(now);
        }
        // Whoever asked waits for a write.
        self.dirty = true;
    }

    /// Takes a change out of the intent.
    pub(crate) fn close(&mut self, address: &Address) {
        if let Some(intent) = &mut self.state.intent {
            self.dirty |= intent.open.remove(address).is_some();
        }
    }
}
