//! The resource type `connect.prompt`.

use deployer_engine::{ChangeEffect, PropertyPath, ResourceDefinition};
use serde::{Deserialize, Serialize};

use crate::declaration::resource;
use crate::{Arn, Concrete, ConnectInstance, Declared, Id, Mode, Tags};

/// Desired and live properties of `connect.prompt`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(bound = "")]
pub struct ConnectPromptProperties<M: Mode = Concrete> {
    /// The instance.
    pub instance_id: M::Of<Id<ConnectInstance>>,
    /// The name, unique in the instance.
    pub name: String,
    /// The description; not empty.
    pub description: String,
    /// Source of the recording, `s3://bucket/key`.
    pub s3_uri: M::Of<String>,
    /// The SHA-256 of the recording, in hexadecimal, if known.
    pub sha256: Option<M::Of<String>>,
    /// Tags.
    pub tags: Tags,
}

resource! {
    ConnectPrompt, declared as ConnectPromptProperties<Declared>, with ConnectPromptOutputs {
        /// The ID within its instance.
        id: String as Id<ConnectPrompt>,
        /// The ARN.
        arn: String as Arn<ConnectPrompt>,
    }
}

impl ResourceDefinition for ConnectPrompt {
    type Properties = ConnectPromptProperties;
    type Outputs = ConnectPromptOutputs;
    const TYPE: &'static str = "connect.prompt";
    const KEY: &'static [&'static str] = &["instance_id", "name"];

    fn change_effect(path: &PropertyPath) -> ChangeEffect {
        match path.first() {
            "instance_id" => ChangeEffect::Replace("it belongs to another instance"),
            _ => ChangeEffect::Update,
        }
    }
}
