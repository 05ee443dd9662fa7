//! Detection of queue flows that loop while the contact waits.
//!
//! AWS's own sample of an interruptible queue asks the caller periodically and returns to its prompts; a caller who presses
//! nothing stays in the queue (AWS administrator guide, "Sample interruptible queue flow with callback").

use std::collections::HashMap;

use crate::actions::{self, Effect};
use crate::call::contact::Contact;
use crate::call::engine::Engine;
use crate::call::queued::{Event, Queued};
use crate::model::Action;

/// Number of identical iterations after which the contact is considered to wait indefinitely.
const MAX_IDENTICAL_ROUNDS: usize = 3;

/// The same number if something outside of the call, such as a function or hours, might end the loop.
const ROUNDS: usize = 10;

/// The iterations of a call so far, by flow and action.
#[derive(Default)]
pub(super) struct LoopDetector(HashMap<(String, String), VisitedState>);

struct VisitedState {
    state: State,
    external_requests: usize,
    times: usize,
}

/// State that determines the next iteration, except for what is outside of the call.
#[derive(PartialEq)]
struct State {
    contact: Contact,
    loops: HashMap<String, u64>,
    depth: usize,
    remaining: usize,
}

impl LoopDetector {
    /// Whether the contact waits in its queue indefinitely: nobody answers, the caller has no further input, and the flow is
    /// in the same state as before.
    pub(super) fn is_endless_wait(&mut self, engine: &Engine<'_>, action: Action<'_>) -> bool {
        let Some(remaining) = engine.caller.remaining().filter(|_| actions::has(action, Effect::Heard)) else {
            return false;
        };
        if !waits(engine) || engine.contact.queue.as_ref().is_some_and(|queue| engine.host.answer(queue).is_some()) {
            return false;
        }
        let place = (engine.frame.flow.arn.clone(), action.identifier().unwrap_or_default().to_owned());
        let (contact, loops) = (engine.contact.clone(), engine.frame.loops.clone());
        let state = State { contact, loops, depth: engine.call_stack.len(), remaining };
        let asked_outside = engine.external_requests;
        match self.0.get_mut(&place).filter(|seen| seen.state == state) {
            Some(seen) => {
                seen.times += 1;
                let quiet = seen.external_requests == asked_outside;
                seen.times >= if quiet { MAX_IDENTICAL_ROUNDS } else { ROUNDS }
            }
            None => {
                self.0.insert(place, VisitedState { state, external_requests: asked_outside, times: 0 });
                false
            }
        }
    }
}

/// Whether the contact is in a queue and no agent has taken it.
pub(super) fn waits(engine: &Engine<'_>) -> bool {
    engine.event == Some(Event::CustomerQueue) && engine.queued.as_ref().is_some_and(Queued::is_waiting)
}
