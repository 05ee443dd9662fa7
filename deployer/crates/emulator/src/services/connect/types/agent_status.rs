//! Agent statuses.

use serde::{Deserialize, Serialize};

/// What an agent can choose in the Contact Control Panel.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct AgentStatus {
    /// `ROUTABLE`, `OFFLINE` or `CUSTOM`.
    pub(crate) kind: String,
    /// `ENABLED` or `DISABLED`.
    pub(crate) state: String,
    pub(crate) order: Option<i64>,
}

impl AgentStatus {
    /// Returns one of the two statuses that an instance comes with: "Available" and "Offline" (administrator guide, "Add a custom agent
    /// status").
    pub(crate) fn default(name: &str) -> Self {
        let (kind, order) = if name == "Offline" { ("OFFLINE", 2) } else { ("ROUTABLE", 1) };
        Self { kind: kind.to_owned(), state: "ENABLED".to_owned(), order: Some(order) }
    }
}
