//! The calls in progress, for those who follow them: where in its flow a call is, and what is said and pressed.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use deployer_flow::interpret::{BoxFuture, Caller, Key, Transcript};
use serde::Serialize;
use serde_json::{Value, json};
use tokio::sync::{oneshot, watch};
use tokio::time::Instant;

use crate::overview::list_within;
use crate::request::RequestContext;
use crate::services::connect::call::{Call, Observer};

/// Number of ended calls that are kept.
const MAX_ENDED: usize = 10;
/// Maximum number of events in one answer.
const MAX_EVENTS: usize = 256;
/// Maximum size of the flow log in the last event of a call, and of what functions returned, in bytes.
const MAX_BYTES: usize = 256 * 1024;
/// Time without anybody asking for its events after which the caller of a keypad counts as gone.
pub(crate) const GRACE: Duration = Duration::from_secs(30);
/// Maximum time that a keypad's caller may take for one key beyond the flow's own limit, which starts when the prompt has been spoken.
const MAX_PAUSE: Duration = Duration::from_secs(600);

/// The calls in progress, and the last ones before.
#[derive(Default)]
pub(crate) struct LiveCalls(Mutex<VecDeque<Arc<LiveCall>>>);

/// One call.
pub(crate) struct LiveCall {
    /// Identifies the call until the embedded AWS ends.
    pub(crate) id: String,
    from: Option<String>,
    to: String,
    instance_id: String,
    account: String,
    region: String,
    /// Start, in milliseconds since 1970.
    started: i64,
    record: Mutex<Record>,
    /// Number of events.
    count: watch::Sender<usize>,
    keypad: Option<Keypad>,
}

#[derive(Default)]
struct Record {
    events: Vec<Event>,
    at: Option<Position>,
    over: bool,
}

/// The place of a call: a flow or module, and an action of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Position {
    flow: String,
    name: String,
    action: String,
}

/// What happens in a call.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Event {
    /// An action begins.
    At(Position),
    /// The caller hears a sentence.
    Heard(String),
    /// A key is expected within this many milliseconds.
    Key(u64),
    /// The caller presses a key.
    Pressed(char),
    /// The caller presses no key in time.
    Silence,
    /// The caller ends the call.
    HungUp,
    /// The call is over: its outcome, what functions returned, and the flow log.
    Done(Value),
    /// The call cannot be made, with the reason.
    Refused(String),
}

/// Keys that a page presses: the caller waits until one arrives.
pub(crate) struct Keypad {
    waiting: Mutex<Option<oneshot::Sender<Key>>>,
    hung_up: AtomicBool,
    asked: Mutex<Instant>,
}

impl Default for Keypad {
    fn default() -> Self {
        Self { waiting: Mutex::default(), hung_up: AtomicBool::default(), asked: Mutex::new(Instant::now()) }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl LiveCalls {
    /// Enters a call. Beside those in progress, the last ten that have ended are kept.
    pub(crate) fn begin(&self, call: &Call, context: &RequestContext, keypad: Option<Keypad>) -> Arc<LiveCall> {
        let live = Arc::new(LiveCall {
            id: uuid::Uuid::new_v4().simple().to_string(),
            from: call.from.clone(),
            to: call.to.clone(),
            instance_id: call.instance_id.clone(),
            account: context.account.clone(),
            region: context.region.clone(),
            started: i64::try_from(context.now.unix_timestamp_nanos() / 1_000_000).unwrap_or_default(),
            record: Mutex::default(),
            count: watch::Sender::new(0),
            keypad,
        });
        let mut calls = lock(&self.0);
        calls.push_back(Arc::clone(&live));
        let ended = calls.iter().filter(|call| call.is_over()).count();
        let mut excess = ended.saturating_sub(MAX_ENDED);
        calls.retain(|call| {
            let goes = excess > 0 && call.is_over();
            excess -= usize::from(goes);
            !goes
        });
        live
    }

    /// Returns the call with this id.
    pub(crate) fn find(&self, id: &str) -> Option<Arc<LiveCall>> {
        lock(&self.0).iter().find(|call| call.id == id).map(Arc::clone)
    }

    /// Returns the number of calls in progress that have a keypad.
    pub(crate) fn keypads(&self) -> usize {
        lock(&self.0).iter().filter(|call| call.keypad.is_some() && !call.is_over()).count()
    }

    /// Returns the calls, the newest first.
    pub(crate) fn overview(&self) -> Value {
        lock(&self.0).iter().rev().take(2 * MAX_ENDED).map(|call| call.overview()).collect()
    }
}

impl LiveCall {
    fn is_over(&self) -> bool {
        lock(&self.record).over
    }

    fn overview(&self) -> Value {
        let record = lock(&self.record);
        json!({
            "id": self.id, "from": self.from, "to": self.to, "instance_id": self.instance_id, "account": self.account,
            "region": self.region, "started": self.started, "over": record.over, "at": record.at, "keypad": self.keypad.is_some(),
        })
    }

    /// Adds an event, unless the call is over.
    fn record(&self, event: Event) {
        let mut record = lock(&self.record);
        if record.over {
            return;
        }
        match &event {
            Event::At(position) => record.at = Some(position.clone()),
            Event::Done(_) | Event::Refused(_) => record.over = true,
            _ => {}
        }
        record.events.push(event);
        self.count.send_replace(record.events.len());
    }

    /// Returns the observer that records where the call is. It ends a call whose keypad has hung up.
    pub(crate) fn observer(self: &Arc<Self>) -> Observer {
        let live = Arc::clone(self);
        Arc::new(move |begun| {
            let action = begun.action.identifier().unwrap_or_default().to_owned();
            live.record(Event::At(Position { flow: begun.flow.arn.clone(), name: begun.flow.name.clone(), action }));
            !live.keypad.as_ref().is_some_and(|keypad| keypad.hung_up.load(Ordering::Relaxed))
        })
    }

    /// Records the end of the call.
    pub(crate) fn done(&self, transcript: &Transcript) {
        let functions = transcript.lambda.iter().map(|call| json!({"function": call.function, "response": call.response}));
        let log = transcript.log.iter().cloned();
        self.record(Event::Done(json!({
            "outcome": transcript.outcome,
            "functions": list_within(functions, MAX_BYTES, transcript.lambda.len()),
            "log": list_within(log, MAX_BYTES, transcript.log.len()),
        })));
    }

    /// Records why the call could not be made.
    pub(crate) fn refused(&self, why: &str) {
        self.record(Event::Refused(why.to_owned()));
    }

    /// Returns a guard that ends the call in the record if nothing else has: when its task is dropped.
    pub(crate) fn ended_on_drop(self: &Arc<Self>) -> impl Drop + use<> {
        struct Ended(Arc<LiveCall>);
        impl Drop for Ended {
            fn drop(&mut self) {
                self.0.refused("the call was cut off");
            }
        }
        Ended(Arc::clone(self))
    }

    /// Returns the events from this number on, at most 256; waits up to `limit` for one.
    pub(crate) async fn events(&self, after: usize, limit: Duration) -> Value {
        if let Some(keypad) = &self.keypad {
            *lock(&keypad.asked) = Instant::now();
        }
        let mut count = self.count.subscribe();
        let _ = tokio::time::timeout(limit, count.wait_for(|count| *count > after)).await;
        let record = lock(&self.record);
        let events: Vec<&Event> = record.events.iter().skip(after).take(MAX_EVENTS).collect();
        let next = after.min(record.events.len()) + events.len();
        json!({"events": events, "next": next, "over": record.over && next == record.events.len()})
    }

    /// Presses a key, reports silence or hangs up. Returns whether the call has a keypad, and waits for a key or is hung up.
    pub(crate) fn press(&self, key: Key) -> bool {
        let Some(keypad) = self.keypad.as_ref().filter(|_| !self.is_over()) else { return false };
        if key == Key::HangUp {
            keypad.hung_up.store(true, Ordering::Relaxed);
        }
        let waiting = lock(&keypad.waiting).take();
        waiting.is_some_and(|waiting| waiting.send(key).is_ok()) || key == Key::HangUp
    }

    /// Waits for a key of the keypad. A page that asks for no events any more has hung up.
    async fn pressed(&self, keypad: &Keypad, limit: Duration) -> Key {
        let (waiting, mut pressed) = oneshot::channel();
        *lock(&keypad.waiting) = Some(waiting);
        // Afterwards: a caller who hangs up now finds somebody waiting.
        if keypad.hung_up.load(Ordering::Relaxed) {
            return Key::HangUp;
        }
        // The limit starts when the prompt has been spoken, which only the page knows.
        let end = Instant::now() + limit.min(MAX_PAUSE) + MAX_PAUSE;
        self.record(Event::Key(u64::try_from(limit.as_millis()).unwrap_or(u64::MAX)));
        loop {
            match tokio::time::timeout(Duration::from_secs(1), &mut pressed).await {
                Ok(key) => return key.unwrap_or(Key::HangUp),
                Err(_) if lock(&keypad.asked).elapsed() > GRACE || Instant::now() > end => {
                    keypad.hung_up.store(true, Ordering::Relaxed);
                    return Key::HangUp;
                }
                Err(_) => {}
            }
        }
    }
}

/// A caller whose call is followed.
pub(crate) struct RecordedCaller<'a> {
    pub(crate) caller: &'a mut dyn Caller,
    pub(crate) live: Arc<LiveCall>,
}

impl Caller for RecordedCaller<'_> {
    fn hear(&mut self, sentence: &str) {
        self.live.record(Event::Heard(sentence.to_owned()));
        self.caller.hear(sentence);
    }

    fn key(&mut self, limit: Duration) -> BoxFuture<'_, Key> {
        Box::pin(async move {
            if self.live.keypad.is_none() {
                self.live.record(Event::Key(u64::try_from(limit.as_millis()).unwrap_or(u64::MAX)));
            }
            let key = self.caller.key(limit).await;
            self.live.record(match key {
                Key::Press(key) => Event::Pressed(key),
                Key::Silence => Event::Silence,
                Key::HangUp => Event::HungUp,
            });
            key
        })
    }

    fn next(&self) -> Option<Key> {
        self.caller.next()
    }

    fn remaining(&self) -> Option<usize> {
        self.caller.remaining()
    }
}

/// The caller at the keypad of a page.
pub(crate) struct KeypadCaller(pub(crate) Arc<LiveCall>);

impl Caller for KeypadCaller {
    /// Does nothing: the page reads sentences among the events.
    fn hear(&mut self, _sentence: &str) {}

    fn key(&mut self, limit: Duration) -> BoxFuture<'_, Key> {
        Box::pin(async move {
            match &self.0.keypad {
                Some(keypad) => self.0.pressed(keypad, limit).await,
                None => Key::HangUp,
            }
        })
    }
}
