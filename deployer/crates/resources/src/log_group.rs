//! The resource type `logs.group`.

use deployer_engine::{ChangeEffect, PropertyPath, ResourceDefinition, RetainPolicy};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::declaration::resource;
use crate::{Arn, Name, Tags, named};

/// Desired and live properties of `logs.group`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogGroupProperties {
    /// The name, unique in account and region.
    pub name: String,
    /// Retention period of events in days; unlimited if absent.
    pub retention_days: Option<u32>,
    /// Whether somebody has protected the group from deletion. Never desired and never changed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub deletion_protection: bool,
    /// Tags.
    pub tags: Tags,
}

resource! {
    LogGroup, declared as LogGroupProperties, with LogGroupOutputs {
        /// The ARN without the suffix `:*` for its streams.
        arn: String as Arn<LogGroup>,
        /// The name.
        name: String as Name<LogGroup>,
    }
}

impl ResourceDefinition for LogGroup {
    type Properties = LogGroupProperties;
    type Outputs = LogGroupOutputs;
    const TYPE: &'static str = "logs.group";
    const ID_IS_A_NAME: bool = true;
    const KEY: &'static [&'static str] = &["name"];

    fn change_effect(path: &PropertyPath) -> ChangeEffect {
        match path.first() {
            "name" => ChangeEffect::Replace("a log group's name cannot be changed; its events are lost"),
            "deletion_protection" => ChangeEffect::Ignore,
            _ => ChangeEffect::Update,
        }
    }

    /// Refuses the deletion of a protected group, as AWS does (API reference, PutLogGroupDeletionProtection).
    fn retain_policy(properties: &Value, live: Option<&Value>) -> Option<RetainPolicy> {
        let name = named(properties);
        live.filter(|live| live["deletion_protection"] == true).map(|_| RetainPolicy::Refuse {
            why: format!("somebody has protected the log group {name} from deletion"),
            help: format!(
                "aws logs put-log-group-deletion-protection --log-group-identifier {name} --no-deletion-protection-enabled"
            ),
        })
    }
}
