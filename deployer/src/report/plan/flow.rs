//! Semantic diff of a flow's content.

use deployer_engine::PropertyChange;
use deployer_flow::{Flow, diff};
use serde_json::Value;

/// Resource types whose property `content` is a flow.
const TYPES: [&str; 3] = ["connect.contact_flow", "connect.flow_content", "connect.module"];

/// Returns the complete diff of a flow's content, as `flow diff` prints it; `None` for other properties.
pub(super) fn lines(type_name: &str, change: &PropertyChange) -> Option<Vec<String>> {
    if !TYPES.contains(&type_name) || change.path.0 != ["content"] {
        return None;
    }
    let empty = Value::Object(serde_json::Map::new());
    let flow = |content: Option<&Value>| Flow::from_value(content.unwrap_or(&empty).clone()).ok();
    let (before, after) = (flow(change.before.as_ref())?, flow(change.display_value.as_ref())?);
    let differences = diff(&before, &after);
    Some(
        differences.iter().flat_map(|difference| difference.to_string().lines().map(str::to_owned).collect::<Vec<_>>()).collect(),
    )
}
