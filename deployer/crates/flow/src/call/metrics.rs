//! The queue or agent whose metrics an action asks for.

use super::engine::Engine;
use super::resources::Queue;
use super::values::{filled, missing_resource_message};
use crate::model::Action;

/// Returns the queue or agent of an action, or the working queue by default.
pub(crate) async fn subject(engine: &Engine<'_>, action: Action<'_>) -> Result<(Option<Queue>, Option<String>), String> {
    if let Some(agent) = filled(engine, action, "AgentId") {
        return Ok((None, Some(agent)));
    }
    let queue = match filled(engine, action, "QueueId") {
        Some(id) => Some(engine.host.queue(&id).await.ok_or_else(|| missing_resource_message("queue", &id))?),
        None => engine.contact.queue.clone(),
    };
    Ok((queue, None))
}
