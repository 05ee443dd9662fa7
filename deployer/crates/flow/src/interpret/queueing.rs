//! Queues: selecting one, waiting in it, being answered.

use std::collections::VecDeque;
use std::time::Duration;

use serde_json::Value;

use super::actions::{filled, prompt, seconds, there_is_no};
use super::engine::{ActionOutcome, Control, Engine};
use super::host::{Agent, LoadedFlow};
use crate::flow_type::FlowType;
use crate::model::Action;

/// An event of a contact that can run a flow.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Event {
    CustomerQueue,
    AgentWhisper,
    CustomerWhisper,
    /// The agent holds the caller for this time.
    CustomerHold(Duration),
    /// The flow for the agent during a hold of this time.
    AgentHold(Duration),
    CustomerRemaining,
}

impl Event {
    /// Returns the name by which `UpdateContactEventHooks` sets a flow for the event.
    fn name(self) -> &'static str {
        match self {
            Self::CustomerQueue => "CustomerQueue",
            Self::AgentWhisper => "AgentWhisper",
            Self::CustomerWhisper => "CustomerWhisper",
            Self::CustomerHold(_) => "CustomerHold",
            Self::AgentHold(_) => "AgentHold",
            Self::CustomerRemaining => "CustomerRemaining",
        }
    }

    /// Returns the type of the instance's default flow for the event; nothing runs by default after the agent has left.
    fn default_type(self) -> Option<FlowType> {
        match self {
            Self::CustomerQueue => Some(FlowType::CustomerQueue),
            Self::AgentWhisper => Some(FlowType::AgentWhisper),
            Self::CustomerWhisper => Some(FlowType::CustomerWhisper),
            Self::CustomerHold(_) => Some(FlowType::CustomerHold),
            Self::AgentHold(_) => Some(FlowType::AgentHold),
            Self::CustomerRemaining => None,
        }
    }

    /// Whether the agent, not the caller, hears the flow of the event.
    pub(super) fn is_heard_by_agent(self) -> bool {
        matches!(self, Self::AgentWhisper | Self::AgentHold(_))
    }
}

/// A contact in a queue.
pub(super) struct Queued {
    pub(super) queue: String,
    since: Duration,
    /// The agent who has taken the contact, if any.
    agent: Option<Agent>,
    /// Events whose flows have not run yet.
    pending_events: VecDeque<Event>,
    /// Remaining time of the current hold.
    hold_remaining: Duration,
}

/// Returns the events after an agent takes the contact (AWS administrator guide, flow types): the agent hears the agent
/// whisper, the caller the customer whisper; in each hold both hear their own flow; after the agent has left, the disconnect
/// flow follows. An inbound call has no outbound whisper, and no agent here transfers it to another.
fn after_answer(holds: &[Duration]) -> VecDeque<Event> {
    let holds = holds.iter().flat_map(|time| [Event::CustomerHold(*time), Event::AgentHold(*time)]);
    [Event::AgentWhisper, Event::CustomerWhisper].into_iter().chain(holds).chain([Event::CustomerRemaining]).collect()
}

impl Queued {
    /// Whether no agent has taken the contact.
    pub(super) fn is_waiting(&self) -> bool {
        self.agent.is_none()
    }

    /// Returns the outcome of the call. If an agent has answered, that is the outcome, unless the contact has left the queue.
    pub(super) fn outcome(&self, ended: String) -> String {
        match (&self.agent, ended.as_str()) {
            (None, "" | "ended" | "waiting") => format!("queued: {}", self.queue),
            (Some(agent), "" | "ended" | "waiting" | "disconnected") => format!("answered: {}", agent.user_name),
            _ => ended,
        }
    }
}

pub(super) async fn target(engine: &mut Engine<'_>, action: Action<'_>) -> ActionOutcome {
    match chosen(engine, action).await {
        Ok(Some(name)) => ActionOutcome::next(format!("The working queue is {name}")),
        Ok(None) => ActionOutcome::error("NoMatchingError", "neither queue nor agent is given"),
        Err(why) => ActionOutcome::error("NoMatchingError", why),
    }
}

/// Makes the queue or agent of an action the working queue.
async fn chosen(engine: &mut Engine<'_>, action: Action<'_>) -> Result<Option<String>, String> {
    let queue = match (filled(engine, action, "QueueId"), filled(engine, action, "AgentId")) {
        (Some(id), _) => engine.host.queue(&id).await.ok_or_else(|| there_is_no("queue", &id))?,
        (None, Some(id)) => engine.host.agent_queue(&id).await.ok_or_else(|| format!("there is no agent {id}"))?,
        (None, None) => return Ok(None),
    };
    let name = queue.name.clone();
    engine.contact.queue = Some(queue);
    Ok(Some(name))
}

/// Transfers from inside a queue to the given queue, or back to the working queue.
pub(super) async fn dequeue(engine: &mut Engine<'_>, action: Action<'_>) -> ActionOutcome {
    match chosen(engine, action).await {
        Ok(_) => transfer(engine).await,
        Err(why) => ActionOutcome::error("NoMatchingError", why),
    }
}

pub(super) async fn transfer(engine: &mut Engine<'_>) -> ActionOutcome {
    let Some(queue) = engine.contact.queue.take().map(|queue| engine.host.transfer_queue(queue)) else {
        return ActionOutcome::error("NoMatchingError", "no working queue is set");
    };
    engine.contact.queue = Some(queue.clone());
    if queue.full {
        return ActionOutcome::error("QueueAtCapacity", format!("queue {} is full", queue.name));
    }
    let results = format!("The contact is in queue {}", queue.name);
    engine.queued = Some(Queued {
        queue: queue.name,
        since: engine.elapsed,
        agent: None,
        pending_events: VecDeque::new(),
        hold_remaining: Duration::ZERO,
    });
    engine.event = Some(Event::CustomerQueue);
    if let Some(flow) = hooked(engine, Event::CustomerQueue).await {
        return ActionOutcome::new(Control::Transfer(flow), results);
    }
    play_default(engine, Event::CustomerQueue);
    match wait_for_agent(engine, Duration::MAX) {
        true => ActionOutcome { results, ..answered(engine, ANSWERED).await },
        false => ActionOutcome::new(Control::End(String::new()), results),
    }
}

/// Creates a callback. A callback is a separate contact, and this call continues.
pub(super) async fn callback(engine: &mut Engine<'_>, action: Action<'_>) -> ActionOutcome {
    if let Err(why) = chosen(engine, action).await {
        return ActionOutcome::error("NoMatchingError", why);
    }
    let Some(queue) = &engine.contact.queue else {
        return ActionOutcome::error("NoMatchingError", "no working queue is set");
    };
    let number = engine.contact.callback_number.as_ref().unwrap_or(&engine.contact.caller);
    ActionOutcome::next(format!("A callback of {number} is in queue {}", queue.name))
}

/// Plays looped prompts. They end when an agent answers, are interrupted periodically, or the call is left waiting. After an
/// interrupt they restart, or, with `ContinueMessagingDuringInterrupt`, have continued meanwhile unless another prompt was
/// played (administrator guide, "Loop prompts").
pub(super) async fn messages(engine: &mut Engine<'_>, action: Action<'_>) -> ActionOutcome {
    let list = action.parameter("Messages").and_then(Value::as_array);
    let place = (engine.frame.flow.arn.clone(), action.identifier().unwrap_or_default().to_owned());
    let play_on = engine.playing.as_ref() == Some(&place);
    for message in list.into_iter().flatten().filter(|_| !play_on) {
        match prompt(engine, message) {
            Ok(sentences) => engine.play(sentences),
            Err(why) => return ActionOutcome::error("NoMatchingError", why),
        }
    }
    if action.text("ContinueMessagingDuringInterrupt").is_some_and(|text| text.eq_ignore_ascii_case("true")) {
        engine.playing = Some(place);
    }
    let interrupts = action.branches().next().is_some();
    let every = seconds(engine, action, "InterruptFrequencySeconds").filter(|_| interrupts);
    if let Some(left) = hold_remaining(engine) {
        return match every.filter(|every| *every < left) {
            Some(every) => {
                advance_hold(engine, every);
                interrupted()
            }
            None => answered(engine, "The hold is over").await,
        };
    }
    if wait_for_agent(engine, every.unwrap_or(Duration::MAX)) {
        return answered(engine, ANSWERED).await;
    }
    match every {
        Some(every) => {
            engine.advance_time(every);
            interrupted()
        }
        None => ActionOutcome {
            note: Some("the prompts go on until somebody answers; played once".to_owned()),
            ..ActionOutcome::new(Control::End("waiting".to_owned()), "The prompts were played")
        },
    }
}

fn interrupted() -> ActionOutcome {
    ActionOutcome::new(Control::Result(Some("MessagesInterrupted".to_owned())), "The prompts were interrupted")
}

/// Returns the remaining time of the hold whose flow runs.
fn hold_remaining(engine: &Engine<'_>) -> Option<Duration> {
    let in_hold = matches!(engine.event, Some(Event::CustomerHold(_) | Event::AgentHold(_)));
    engine.queued.as_ref().filter(|_| in_hold).map(|queued| queued.hold_remaining)
}

/// Lets time of a hold pass. Caller and agent wait at the same time, which is counted once.
fn advance_hold(engine: &mut Engine<'_>, time: Duration) {
    if let Some(queued) = &mut engine.queued {
        queued.hold_remaining = queued.hold_remaining.saturating_sub(time);
    }
    if matches!(engine.event, Some(Event::CustomerHold(_))) {
        engine.advance_time(time);
    }
}

/// Plays what is heard if a flow has set no flow for an event and the instance has no default flow (administrator guide,
/// "Default customer queue", "Default agent whisper", "Default customer whisper", "Default customer hold" and "Default agent
/// hold").
fn play_default(engine: &mut Engine<'_>, event: Event) {
    let heard = match event {
        Event::CustomerQueue => "[queue music]".to_owned(),
        Event::AgentWhisper => engine.contact.queue.as_ref().map(|queue| queue.name.clone()).unwrap_or_default(),
        Event::CustomerWhisper => "[beep]".to_owned(),
        Event::CustomerHold(_) => "[hold music]".to_owned(),
        Event::AgentHold(_) => "You are on hold".to_owned(),
        Event::CustomerRemaining => return,
    };
    engine.play(vec![heard]);
}

/// Returns whether an agent takes the waiting contact within this time; lets the time until then pass.
fn wait_for_agent(engine: &mut Engine<'_>, limit: Duration) -> bool {
    let Some(queue) = engine.contact.queue.clone() else { return false };
    let Some(queued) = engine.queued.as_ref().filter(|queued| queued.agent.is_none()) else { return false };
    let Some(answer) = engine.host.answer(&queue) else { return false };
    let left = queued.since.saturating_add(answer.after).saturating_sub(engine.elapsed);
    if left > limit {
        return false;
    }
    engine.advance_time(left);
    if let Some(queued) = &mut engine.queued {
        queued.agent = Some(answer.agent.clone());
        queued.pending_events = after_answer(&answer.holds);
    }
    engine.contact.agent = Some(answer.agent);
    true
}

const ANSWERED: &str = "An agent has answered";

async fn answered(engine: &mut Engine<'_>, results: &str) -> ActionOutcome {
    match next_event_flow(engine).await {
        Some(flow) => ActionOutcome::new(Control::Transfer(flow), results),
        None => ActionOutcome::new(Control::End(String::new()), results),
    }
}

/// Handles the end of a flow: a contact that still waits in a queue is answered when its agent is due, and an answered one
/// continues with the next event.
pub(super) async fn end_of_flow(engine: &mut Engine<'_>) -> ActionOutcome {
    wait_for_agent(engine, Duration::MAX);
    match next_event_flow(engine).await {
        Some(flow) => ActionOutcome::new(Control::Transfer(flow), "The flow has ended"),
        None => ActionOutcome::new(Control::End("ended".to_owned()), "The flow has ended"),
    }
}

/// Returns the next flow of an answered contact.
async fn next_event_flow(engine: &mut Engine<'_>) -> Option<LoadedFlow> {
    loop {
        if let Some(left) = hold_remaining(engine) {
            advance_hold(engine, left);
        }
        let queued = engine.queued.as_mut()?;
        let event = queued.pending_events.pop_front()?;
        if let Event::CustomerHold(time) | Event::AgentHold(time) = event {
            queued.hold_remaining = time;
        }
        engine.event = Some(event);
        if let Some(flow) = hooked(engine, event).await {
            return Some(flow);
        }
        play_default(engine, event);
    }
}

async fn hooked(engine: &Engine<'_>, event: Event) -> Option<LoadedFlow> {
    match engine.contact.hooks.get(event.name()) {
        Some(id) => engine.host.flow(id).await,
        None => engine.host.default_flow(event.default_type()?).await,
    }
}
