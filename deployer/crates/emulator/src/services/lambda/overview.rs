//! Functions, for a page.

use serde_json::{Value, json};
use time::OffsetDateTime;

use super::State;
use crate::overview::list;

impl State {
    /// Returns the functions: name, state, runtime, handler, memory, timeout and log group. Their environment is not shown, since it may
    /// hold secrets.
    pub(crate) fn overview(&self, now: OffsetDateTime) -> Value {
        let there = self.functions.values().filter(|function| function.deleted_at.is_none_or(|at| now < at));
        list(there.map(|function| {
            let latest = &function.latest;
            json!({
                "name": function.name, "state": latest.state(now), "runtime": latest.runtime, "handler": latest.handler,
                "memory_mb": latest.memory, "timeout_seconds": latest.timeout, "log_group": latest.logging.group,
            })
        }))
    }
}
