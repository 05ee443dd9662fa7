//! State of a running call.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use super::caller::{Caller, Key};
use super::contact::{Contact, Scope};
use super::host::Host;
use super::queued::{Event, Queued};
use super::resources::LoadedFlow;
use super::transcript::{Call, Transcript};

/// Maximum total size in bytes of what is said and logged in a call. Only a looping flow exceeds it, and a longer transcript
/// is of no use.
pub(crate) const MAX_OUTPUT_BYTES: usize = 4 * 1024 * 1024;

/// A running flow or module.
pub(crate) struct Frame {
    pub(crate) flow: LoadedFlow,
    pub(crate) loops: HashMap<String, u64>,
}

impl Frame {
    pub(crate) fn new(flow: LoadedFlow) -> Self {
        Self { flow, loops: HashMap::new() }
    }
}

/// A frame that waits for a module to return.
pub(crate) struct SuspendedFrame {
    pub(crate) frame: Frame,
    pub(crate) scope: Scope,
    pub(crate) action: String,
    /// Index of its step in the transcript.
    pub(crate) step: usize,
}

pub(crate) struct Engine<'a> {
    pub(crate) host: &'a dyn Host,
    pub(crate) caller: &'a mut dyn Caller,
    pub(crate) contact: Contact,
    pub(crate) frame: Frame,
    pub(crate) call_stack: Vec<SuspendedFrame>,
    pub(crate) transcript: Transcript,
    pub(crate) logging: bool,
    pub(crate) queued: Option<Queued>,
    /// Event that the current flow handles, if any.
    pub(crate) event: Option<Event>,
    /// Time that the caller has spent waiting.
    pub(crate) elapsed: Duration,
    /// Keys pressed in advance, while touchtone buffering is on.
    pub(crate) buffer: Option<VecDeque<char>>,
    /// Looped prompts that continue while they are interrupted: flow and action.
    pub(crate) playing: Option<(String, String)>,
    /// Number of actions that have depended on something outside of the call.
    pub(crate) external_requests: usize,
    /// Number of bytes that have been said, returned and logged.
    pub(crate) output_bytes: usize,
    pub(crate) step_limit: usize,
}

impl<'a> Engine<'a> {
    pub(crate) fn new(host: &'a dyn Host, caller: &'a mut dyn Caller, flow: LoadedFlow, call: &Call) -> Self {
        Self {
            host,
            caller,
            contact: Contact::new(call),
            frame: Frame::new(flow),
            call_stack: Vec::new(),
            transcript: Transcript { from: call.from.clone(), ..Transcript::default() },
            logging: false,
            queued: None,
            event: None,
            elapsed: Duration::ZERO,
            buffer: None,
            playing: None,
            external_requests: 0,
            output_bytes: 0,
            step_limit: call.step_limit,
        }
    }

    /// Reserves this many bytes in the transcript and returns whether they fit; a call without space ends before its next
    /// action.
    pub(crate) fn reserve_output(&mut self, bytes: usize) -> bool {
        self.output_bytes += bytes;
        self.output_bytes <= MAX_OUTPUT_BYTES
    }

    /// Waits up to this time for the caller's next input.
    pub(crate) async fn key(&mut self, limit: Duration) -> Key {
        let key = match self.buffer.as_mut().and_then(VecDeque::pop_front).map(Key::Press) {
            Some(key) => key,
            None => self.caller.key(limit).await,
        };
        self.transcript.keys.push((self.transcript.heard.len(), key));
        key
    }

    /// Returns the caller's next key, if it is known in advance.
    pub(crate) fn peek_key(&self) -> Option<Key> {
        let ahead = self.buffer.as_ref().and_then(|buffer| buffer.front());
        ahead.map(|key| Key::Press(*key)).or_else(|| self.caller.next())
    }

    /// Lets time pass without any input.
    pub(crate) fn advance_time(&mut self, time: Duration) {
        self.elapsed = self.elapsed.saturating_add(time);
        self.host.time_passed(time);
    }

    /// Plays these sentences to the caller, or to the agent in an agent whisper.
    pub(crate) fn play(&mut self, sentences: Vec<String>) {
        for sentence in sentences {
            if !self.reserve_output(sentence.len()) {
                return;
            }
            if self.event.is_some_and(Event::is_heard_by_agent) {
                self.transcript.agent_heard.push(sentence);
                continue;
            }
            self.playing = None;
            self.caller.hear(&sentence);
            self.transcript.heard.push(sentence);
        }
    }
}
