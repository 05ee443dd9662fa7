//! The agent hierarchy of an instance: its levels, and the groups on them.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use time::OffsetDateTime;

use crate::services::connect::arguments::epoch;

/// Members of the API for the levels, from the first.
pub(crate) const LEVELS: [&str; 5] = ["LevelOne", "LevelTwo", "LevelThree", "LevelFour", "LevelFive"];

/// A level of the hierarchy. Its id is its number (terraform-provider-aws, acceptance test of
/// aws_connect_user_hierarchy_group, `level_id`).
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Level {
    pub(crate) name: String,
    pub(crate) modified: OffsetDateTime,
}

/// A group on a level of the hierarchy.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct HierarchyGroup {
    /// Id of the group on the level above; `None` on the first level.
    pub(crate) parent: Option<String>,
    /// Number of the level, from 1 to 5.
    pub(crate) level: usize,
}

impl Level {
    /// Returns the level in the form of the API. Its ARN ends with its number (AWS CLI reference,
    /// describe-user-hierarchy-structure, example).
    pub(crate) fn described(&self, instance: &str, number: usize, region: &str) -> Value {
        json!({
            "Id": number.to_string(),
            "Arn": format!("{instance}/agent-group-level/{number}"),
            "Name": self.name,
            "LastModifiedTime": epoch(self.modified),
            "LastModifiedRegion": region,
        })
    }
}
