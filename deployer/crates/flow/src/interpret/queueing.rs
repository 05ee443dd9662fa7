//! Queues: choosing one, waiting in it, being answered.

use std::time::Duration;

use serde_json::Value;

use super::blocks::{filled, prompt};
use super::engine::{Done, Engine, Go};
use super::host::{Agent, LoadedFlow};
use crate::model::Action;

/// A contact in a queue.
pub(super) struct Queued {
    pub(super) queue: String,
    since: Duration,
    /// Set once an agent has taken the contact.
    agent: Option<Agent>,
    /// The events whose flows still have to run.
    to_come: Vec<&'static str>,
}

/// What runs once an agent takes the contact (AWS administrator guide, flow types): the agent hears the agent whisper, the
/// caller the customer whisper; when the agent has left, the disconnect flow follows.
const AFTER_ANSWER: [&str; 3] = ["AgentWhisper", "CustomerWhisper", "CustomerRemaining"];

impl Queued {
    /// How the call ended, as far as the queue is concerned.
    pub(super) fn outcome(&self) -> String {
        match &self.agent {
            Some(agent) => format!("answered: {}", agent.user_name),
            None => format!("queued: {}", self.queue),
        }
    }
}

pub(super) async fn target(engine: &mut Engine<'_>, action: Action<'_>) -> Done {
    match chosen(engine, action).await {
        Ok(Some(name)) => Done::next(format!("The working queue is {name}")),
        Ok(None) => Done::error("NoMatchingError", "neither queue nor agent is given"),
        Err(why) => Done::error("NoMatchingError", why),
    }
}

/// Makes the queue or agent of an action the working queue.
async fn chosen(engine: &mut Engine<'_>, action: Action<'_>) -> Result<Option<String>, String> {
    let Some(id) = filled(engine, action, "QueueId").or_else(|| filled(engine, action, "AgentId")) else {
        return Ok(None);
    };
    let queue = engine.host.queue(&id).await.ok_or_else(|| format!("there is no queue {id}"))?;
    let name = queue.name.clone();
    engine.contact.queue = Some(queue);
    Ok(Some(name))
}

/// From inside a queue: to the queue that is named, or back to the working queue.
pub(super) async fn dequeue(engine: &mut Engine<'_>, action: Action<'_>) -> Done {
    match chosen(engine, action).await {
        Ok(_) => transfer(engine).await,
        Err(why) => Done::error("NoMatchingError", why),
    }
}

pub(super) async fn transfer(engine: &mut Engine<'_>) -> Done {
    let Some(queue) = engine.contact.queue.take().map(|queue| engine.host.destination(queue)) else {
        return Done::error("NoMatchingError", "no working queue is set");
    };
    engine.contact.queue = Some(queue.clone());
    if queue.full {
        return Done::error("QueueAtCapacity", format!("queue {} is full", queue.name));
    }
    let results = format!("The contact is in queue {}", queue.name);
    engine.queued = Some(Queued { queue: queue.name, since: engine.elapsed, agent: None, to_come: Vec::new() });
    match hooked(engine, "CustomerQueue").await {
        Some(flow) => Done::new(Go::Transfer(flow), results),
        None if answer_in(engine, Duration::MAX) => Done { results, ..answered(engine).await },
        None => Done::new(Go::End(String::new()), results),
    }
}

/// A callback is a contact of its own, and this call goes on.
pub(super) async fn callback(engine: &mut Engine<'_>, action: Action<'_>) -> Done {
    if let Err(why) = chosen(engine, action).await {
        return Done::error("NoMatchingError", why);
    }
    let Some(queue) = &engine.contact.queue else {
        return Done::error("NoMatchingError", "no working queue is set");
    };
    let number = engine.contact.callback_number.as_ref().unwrap_or(&engine.contact.caller);
    Done::next(format!("A callback of {number} is in queue {}", queue.name))
}

/// Looped prompts have no end of their own: an agent answers, or the prompts are interrupted from time to time, or the call is
/// left there.
pub(super) async fn messages(engine: &mut Engine<'_>, action: Action<'_>) -> Done {
    let list = action.parameter("Messages").and_then(Value::as_array);
    for message in list.into_iter().flatten() {
        match prompt(&engine.contact, message) {
            Ok(sentences) => engine.hear(sentences),
            Err(why) => return Done::error("NoMatchingError", why),
        }
    }
    let interrupts = action.branches().next().is_some();
    let every = filled(engine, action, "InterruptFrequencySeconds").and_then(|seconds| seconds.trim().parse().ok());
    let every = every.filter(|_| interrupts).map(Duration::from_secs);
    if answer_in(engine, every.unwrap_or(Duration::MAX)) {
        return answered(engine).await;
    }
    match every {
        Some(every) => {
            engine.pass(every);
            Done::new(Go::Result(Some("MessagesInterrupted".to_owned())), "The prompts were interrupted")
        }
        None => Done {
            note: Some("the prompts go on until somebody answers; played once".to_owned()),
            ..Done::new(Go::End("waiting".to_owned()), "The prompts were played")
        },
    }
}

/// Whether an agent takes the waiting contact within this time; lets the time until then pass.
fn answer_in(engine: &mut Engine<'_>, limit: Duration) -> bool {
    let Some(queue) = engine.contact.queue.clone() else { return false };
    let Some(queued) = engine.queued.as_ref().filter(|queued| queued.agent.is_none()) else { return false };
    let Some(answer) = engine.host.answer(&queue) else { return false };
    let left = (queued.since + answer.after).saturating_sub(engine.elapsed);
    if left > limit {
        return false;
    }
    engine.pass(left);
    if let Some(queued) = &mut engine.queued {
        queued.agent = Some(answer.agent.clone());
        queued.to_come = AFTER_ANSWER.to_vec();
    }
    engine.contact.agent = Some(answer.agent);
    true
}

async fn answered(engine: &mut Engine<'_>) -> Done {
    match follow(engine).await {
        Some(flow) => Done::new(Go::Transfer(flow), "An agent has answered"),
        None => Done::new(Go::End(String::new()), "An agent has answered"),
    }
}

/// The next flow that an answered contact runs through.
pub(super) async fn follow(engine: &mut Engine<'_>) -> Option<LoadedFlow> {
    loop {
        let queued = engine.queued.as_mut()?;
        if queued.to_come.is_empty() {
            return None;
        }
        let event = queued.to_come.remove(0);
        if let Some(flow) = hooked(engine, event).await {
            engine.to_agent = event == "AgentWhisper";
            return Some(flow);
        }
    }
}

async fn hooked(engine: &Engine<'_>, event: &str) -> Option<LoadedFlow> {
    let id = engine.contact.hooks.get(event)?;
    engine.host.flow(id).await
}
