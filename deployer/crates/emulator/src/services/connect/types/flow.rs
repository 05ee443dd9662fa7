//! Contact flows.

use std::collections::BTreeMap;

use deployer_flow::FlowType;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use time::OffsetDateTime;

use super::content::Content;
use super::version::Version;
use crate::persistent_map::PersistentMap;
use crate::services::connect::arguments::epoch;
use crate::stored::stored;

pub(crate) const TYPES: [&str; 10] = [
    "CONTACT_FLOW",
    "CUSTOMER_QUEUE",
    "CUSTOMER_HOLD",
    "CUSTOMER_WHISPER",
    "AGENT_HOLD",
    "AGENT_WHISPER",
    "OUTBOUND_WHISPER",
    "AGENT_TRANSFER",
    "QUEUE_TRANSFER",
    "CAMPAIGN",
];

pub(crate) const STATES: [&str; 2] = ["ACTIVE", "ARCHIVED"];

pub(crate) const STATUSES: [&str; 2] = ["PUBLISHED", "SAVED"];

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Flow {
    pub(crate) id: String,
    pub(crate) arn: String,
    pub(crate) name: String,
    /// Type of the flow as the API names it, one of [`TYPES`].
    pub(crate) kind: String,
    pub(crate) description: Option<String>,
    pub(crate) state: String,
    /// Content that calls run.
    pub(crate) published: Option<Content>,
    /// Saved, unpublished content.
    pub(crate) draft: Option<Content>,
    /// Whether the flow came with the instance as a default and cannot be deleted.
    pub(crate) default: bool,
    pub(crate) modified: OffsetDateTime,
    pub(crate) tags: BTreeMap<String, String>,
    #[serde(default)]
    pub(crate) versions: PersistentMap<u64, Version>,
    /// Highest version number ever created.
    #[serde(default)]
    pub(crate) newest: u64,
}

stored!(Flow: versions);

impl Flow {
    pub(crate) fn status(&self) -> &'static str {
        if self.published.is_some() { "PUBLISHED" } else { "SAVED" }
    }

    /// Returns the flow's description with the published, versioned or saved content. `None` if neither a requested draft nor
    /// published content exists.
    pub(crate) fn described(&self, region: &str, qualifier: Option<&str>) -> Option<Value> {
        let version =
            qualifier.and_then(|number| number.parse().ok()).and_then(|number| Some((number, self.versions.get(&number)?)));
        let (content, status) = match (&self.draft, &self.published) {
            (Some(draft), _) if qualifier == Some("$SAVED") => (draft, "SAVED"),
            (_, Some(published)) => (version.map_or(published, |(_, version): (u64, &Version)| &version.content), "PUBLISHED"),
            _ => return None,
        };
        let mut described = json!({
            "Arn": self.arn,
            "Id": self.id,
            "Name": self.name,
            "Type": self.kind,
            "State": self.state,
            "Status": status,
            "Content": content.text(),
            "Tags": self.tags,
            "FlowContentSha256": content.sha256,
            "LastModifiedTime": epoch(self.modified),
            "LastModifiedRegion": region,
        });
        if let Some((number, version)) = version {
            described["Version"] = number.into();
            if let Some(description) = &version.description {
                described["VersionDescription"] = description.as_str().into();
            }
        }
        if let Some(description) = &self.description {
            described["Description"] = description.as_str().into();
        }
        Some(described)
    }
}

pub(crate) fn flow_type(kind: &str) -> FlowType {
    FlowType::from_name(kind).unwrap_or(FlowType::ContactFlow)
}
