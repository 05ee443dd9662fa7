use serde_json::{Map, Value, json};

use super::action_type::*;
use crate::call::metrics::subject;
use crate::designer::parts::queue_or_agent;
use crate::designer::values::value;

pub(crate) const ACTION: ActionType = ActionType {
    name: "GetMetricData",
    block: "Get metrics",
    source: Source::recorded("devguide/flow-control-actions-getmetricdata", "2026-11"),
    aliases: &[Aliases::block(&["GetMetrics", "GetQueueMetrics"])],
    parameters: &[QUEUE_ID, AGENT_ID, Parameter::single("QueueChannel").such_as(&["Voice", "Chat", "Task", "Email"])],
    groups: &[Group::at_most_one(&["QueueId", "AgentId"])],
    errors: Errors::required(&["NoMatchingError"]),
    simulation: Simulation::performed("the queue's metrics can be read afterwards", PAGE),
    forms: &[Form::new("get_metrics", &[])],
    effects: &[Effect::AsksOutside],
    run: Run::Later(|engine, action| Box::pin(get(engine, action))),
    converted: &[FromBlock::new("GetMetricData", convert), FromBlock::new("GetQueueMetrics", convert)],
    ..ActionType::BASE
};

/// Attribute of each metric (AWS administrator guide, list of contact attributes, "Queue metrics").
const QUEUE_METRICS: [(&str, &[&str]); 5] = [
    ("NumberOfContactsInQueue", &["Queue", "Size"]),
    ("OldestContactInQueueAgeSeconds", &["Queue", "OldestContactAge"]),
    ("NumberOfAgentsOnline", &["Agents", "Online", "Count"]),
    ("NumberOfAgentsAvailable", &["Agents", "Available", "Count"]),
    ("NumberOfAgentsStaffed", &["Agents", "Staffed", "Count"]),
];

async fn get(engine: &mut Engine<'_>, action: Action<'_>) -> ActionOutcome {
    let (queue, agent) = match subject(engine, action).await {
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

/// Converts a query of metrics of the working queue, of a queue or of an agent; for one channel, or for all.
fn convert(block: &Block<'_>, draft: &mut ActionBuilder) -> Result<(), String> {
    queue_or_agent(block, draft)?;
    if let Some(channel) = ["QueueChannel", "Channel"].into_iter().find_map(|name| block.parameter(name)) {
        let channel = value(&channel)?;
        draft.set(
            "QueueChannel",
            match channel.to_lowercase().as_str() {
                "voice" => "Voice".to_owned(),
                "chat" => "Chat".to_owned(),
                _ if channel.starts_with("$.") => channel,
                _ => return Err(format!("the channel \"{channel}\" is neither Voice nor Chat")),
            },
        );
    }
    draft.follow(block, "Success");
    draft.error(block, "NoMatchingError", "Error");
    Ok(())
}
