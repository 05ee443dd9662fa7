//! Security profiles.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct SecurityProfile {
    /// Permission names, which are not validated: the list is in AWS's pages only.
    pub(crate) permissions: Vec<String>,
    pub(crate) default: bool,
    /// Access control by tags and by the agent hierarchy, as members of the API.
    #[serde(default)]
    pub(crate) access: BTreeMap<String, Value>,
}

impl SecurityProfile {
    /// Returns a profile that comes with an instance. The names are AWS's (administrator guide, "List of security profile
    /// permissions"), which gives the permissions of agents only, so that the other profiles have only some of theirs here.
    pub(crate) fn default(name: &str) -> Self {
        let permissions: &[&str] = match name {
            "Agent" => &["BasicAgentAccess", "OutboundCallAccess"],
            "CallCenterManager" => &["AccessMetrics", "BasicAgentAccess", "OutboundCallAccess", "Queues.View", "Users.View"],
            "QualityAnalyst" => &["AccessMetrics", "ContactSearch.View"],
            _ => {
                &["AccessMetrics", "BasicAgentAccess", "ContactFlows.View", "Queues.View", "SecurityProfiles.View", "Users.View"]
            }
        };
        Self { permissions: permissions.iter().map(|name| (*name).to_owned()).collect(), default: true, access: BTreeMap::new() }
    }
}
