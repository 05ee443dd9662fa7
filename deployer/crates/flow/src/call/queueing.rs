//! A contact's way through a queue: choosing one, waiting in it, being answered.

use std::collections::VecDeque;
use std::time::Duration;

use super::engine::Engine;
use super::outcome::{ActionOutcome, Control};
use super::queued::{Event, Queued, events_after_answer};
use super::resources::LoadedFlow;
use super::values::{filled, missing_resource_message};
use crate::model::Action;

/// Makes the queue or agent of an action the working queue.
pub(crate) async fn chosen(engine: &mut Engine<'_>, action: Action<'_>) -> Result<Option<String>, String> {
    let queue = match (filled(engine, action, "QueueId"), filled(engine, action, "AgentId")) {
        (Some(id), _) => engine.host.queue(&id).await.ok_or_else(|| missing_resource_message("queue", &id))?,
        (None, Some(id)) => engine.host.agent_queue(&id).await.ok_or_else(|| format!("there is no agent {id}"))?,
        (None, None) => return Ok(None),
    };
    let name = queue.name.clone();
    engine.contact.queue = Some(queue);
    Ok(Some(name))
}

/// Puts the contact into its working queue.
pub(crate) async fn enter_queue(engine: &mut Engine<'_>) -> ActionOutcome {
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

/// Returns the remaining time of the hold whose flow runs.
pub(crate) fn hold_remaining(engine: &Engine<'_>) -> Option<Duration> {
    let in_hold = matches!(engine.event, Some(Event::CustomerHold(_) | Event::AgentHold(_)));
    engine.queued.as_ref().filter(|_| in_hold).map(|queued| queued.hold_remaining)
}

/// Lets time of a hold pass. Caller and agent wait at the same time, which is counted once.
pub(crate) fn advance_hold(engine: &mut Engine<'_>, time: Duration) {
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
pub(crate) fn wait_for_agent(engine: &mut Engine<'_>, limit: Duration) -> bool {
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
        queued.pending_events = events_after_answer(&answer.holds);
    }
    engine.contact.agent = Some(answer.agent);
    true
}

pub(crate) const ANSWERED: &str = "An agent has answered";

pub(crate) async fn answered(engine: &mut Engine<'_>, results: &str) -> ActionOutcome {
    match next_event_flow(engine).await {
        Some(flow) => ActionOutcome::new(Control::Transfer(flow), results),
        None => ActionOutcome::new(Control::End(String::new()), results),
    }
}

/// Returns the next flow of an answered contact.
pub(crate) async fn next_event_flow(engine: &mut Engine<'_>) -> Option<LoadedFlow> {
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
