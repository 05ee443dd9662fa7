//! Actions that query the contact centre: hours, staff, queues.

use serde_json::{Map, Value, json};

use super::actions::{filled, there_is_no};
use super::engine::{ActionOutcome, Control, Engine};
use super::host::Queue;
use crate::model::Action;

pub(super) async fn hours(engine: &mut Engine<'_>, action: Action<'_>) -> ActionOutcome {
    let hours = filled(engine, action, "HoursOfOperationId");
    let queue = engine.contact.queue.as_ref();
    match engine.host.is_open(hours.as_deref(), queue).await {
        Some(open) => {
            let result = if open { "True" } else { "False" };
            ActionOutcome::new(Control::Result(Some(result.to_owned())), result)
        }
        None => {
            let why = hours.map(|id| there_is_no("schedule of hours of operation", &id));
            ActionOutcome::error("NoMatchingError", why.unwrap_or_else(|| "there are no such hours of operation".to_owned()))
        }
    }
}

/// Returns the queue or agent of an action, or the working queue by default.
async fn of(engine: &Engine<'_>, action: Action<'_>) -> Result<(Option<Queue>, Option<String>), String> {
    if let Some(agent) = filled(engine, action, "AgentId") {
        return Ok((None, Some(agent)));
    }
    let queue = match filled(engine, action, "QueueId") {
        Some(id) => Some(engine.host.queue(&id).await.ok_or_else(|| there_is_no("queue", &id))?),
        None => engine.contact.queue.clone(),
    };
    Ok((queue, None))
}

/// Compares a metric. Ages are in milliseconds (published exports).
pub(super) async fn check(engine: &mut Engine<'_>, action: Action<'_>) -> ActionOutcome {
    let name = action.text("MetricType").unwrap_or_default().to_owned();
    let (queue, agent) = match of(engine, action).await {
        Ok(found) => found,
        Err(why) => return ActionOutcome::error("NoMatchingError", why),
    };
    if queue.is_none() && agent.is_none() {
        return ActionOutcome::error("NoMatchingError", "neither a queue nor an agent is given, and no working queue is set");
    }
    match engine.host.metric(&name, queue.as_ref(), agent.as_deref()).await {
        Some(number) => {
            let number = if name == "OldestContactInQueueAgeSeconds" { number.saturating_mul(1000) } else { number };
            ActionOutcome::new(Control::Result(Some(number.to_string())), number.to_string())
        }
        None => ActionOutcome::error("NoMatchingError", format!("{name} is not known")),
    }
}

/// Attribute of each metric (AWS administrator guide, list of contact attributes, "Queue metrics").
const QUEUE_METRICS: [(&str, &[&str]); 5] = [
    ("NumberOfContactsInQueue", &["Queue", "Size"]),
    ("OldestContactInQueueAgeSeconds", &["Queue", "OldestContactAge"]),
    ("NumberOfAgentsOnline", &["Agents", "Online", "Count"]),
    ("NumberOfAgentsAvailable", &["Agents", "Available", "Count"]),
    ("NumberOfAgentsStaffed", &["Agents", "Staffed", "Count"]),
];

pub(super) async fn get(engine: &mut Engine<'_>, action: Action<'_>) -> ActionOutcome {
    let (queue, agent) = match of(engine, action).await {
        Ok(found) => found,
        Err(why) => return ActionOutcome::error("NoMatchingError", why),
    };
    let mut found = Vec::new();
    for (name, place) in QUEUE_METRICS {
        found.extend(engine.host.metric(name, queue.as_ref(), agent.as_deref()).await.map(|number| (place, number)));
    }
    if found.is_empty() {
        return ActionOutcome::error("NoMatchingError", "no metrics are known");
    }
    // Without activity there are no values (AWS administrator guide, list of contact attributes, "Queue metrics").
    let idle = found.iter().all(|(_, number)| *number == 0);
    let mut metrics = Map::new();
    for (place, number) in found {
        insert(&mut metrics, place, if idle { Value::Null } else { json!(number) });
    }
    if let Some(queue) = &queue {
        insert(&mut metrics, &["Queue", "Name"], json!(queue.name));
        insert(&mut metrics, &["Queue", "ARN"], json!(queue.arn));
    }
    engine.contact.scope.metrics = Value::Object(metrics);
    ActionOutcome::next("The metrics are retrieved")
}

fn insert(members: &mut Map<String, Value>, place: &[&str], value: Value) {
    match place {
        [] => {}
        [last] => drop(members.insert((*last).to_owned(), value)),
        [first, rest @ ..] => {
            if let Some(inner) = members.entry(*first).or_insert_with(|| json!({})).as_object_mut() {
                insert(inner, rest, value);
            }
        }
    }
}
