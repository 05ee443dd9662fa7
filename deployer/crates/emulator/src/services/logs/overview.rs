//! Log groups and their newest events, for a page.

use serde_json::{Value, json};

use super::State;
use crate::overview::{list, list_within, shortened};

/// Maximum number of events that are shown of a group.
const MAX_EVENTS: usize = 200;
/// Maximum size of the events that are shown of a group, in bytes.
const MAX_BYTES: usize = 256 * 1024;

impl State {
    /// Returns the log groups: name and number of streams.
    pub(crate) fn overview(&self) -> Value {
        list(self.groups.iter().map(|(name, group)| json!({"name": name, "streams": group.streams.len()})))
    }

    /// Returns the newest events of a group from all of its streams, at most 200 and 256 KiB, the newest last; `None` without such a group.
    pub(crate) fn overview_of_events(&self, name: &str) -> Option<Value> {
        let group = self.groups.get(name)?;
        let newest = |stream: &super::Stream| {
            let newest = stream.events.iter().rev().take(MAX_EVENTS);
            newest.map(|(position, event)| (position.0, position.1, event.message.clone())).collect::<Vec<_>>()
        };
        let mut events: Vec<(i64, u64, String)> = group.streams.values().flat_map(newest).collect();
        // Stable: events of one time and stream stay in their order.
        events.sort_by_key(|(at, nth, _)| (*at, *nth));
        let total = group.streams.values().map(|stream| stream.events.len()).sum();
        let newest =
            events.iter().rev().take(MAX_EVENTS).map(|(at, _, message)| json!({"at": at, "message": shortened(message)}));
        let mut shown = list_within(newest, MAX_BYTES, total);
        if let Some(entries) = shown["entries"].as_array_mut() {
            entries.reverse();
        }
        shown["name"] = name.into();
        Some(shown)
    }
}
