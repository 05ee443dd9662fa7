//! The resource type `connect.vocabulary`: words that Contact Lens is to recognize.

use deployer_engine::{ChangeEffect, PropertyPath, ResourceDefinition};
use serde::{Deserialize, Serialize};

use crate::declaration::resource;
use crate::{Arn, Concrete, ConnectInstance, Declared, Id, Mode, Name, Tags};

/// Desired and live properties of `connect.vocabulary`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(bound = "")]
pub struct ConnectVocabularyProperties<M: Mode = Concrete> {
    /// The instance.
    pub instance_id: M::Of<Id<ConnectInstance>>,
    /// The name, unique in the instance.
    pub name: String,
    /// The language, such as `en-US`.
    pub language: String,
    /// The table of phrases, with columns separated by tabs.
    pub content: String,
    /// Whether its creation failed; never desired.
    #[serde(default)]
    pub creation_failed: bool,
    /// Tags.
    pub tags: Tags,
}

resource! {
    ConnectVocabulary, declared as ConnectVocabularyProperties<Declared>, with ConnectVocabularyOutputs {
        /// The ID within its instance.
        id: String as Id<ConnectVocabulary>,
        /// The ARN.
        arn: String as Arn<ConnectVocabulary>,
        /// The name.
        name: String as Name<ConnectVocabulary>,
    }
}

impl ResourceDefinition for ConnectVocabulary {
    type Properties = ConnectVocabularyProperties;
    type Outputs = ConnectVocabularyOutputs;
    const TYPE: &'static str = "connect.vocabulary";
    const OUTPUTS_FROM_PROPERTIES: &'static [&'static str] = &["name"];
    const KEY: &'static [&'static str] = &["instance_id", "name"];

    fn change_effect(path: &PropertyPath) -> ChangeEffect {
        match path.first() {
            "tags" => ChangeEffect::Update,
            "creation_failed" => ChangeEffect::Replace("its creation failed, and it cannot be used"),
            "instance_id" => ChangeEffect::Replace("it belongs to another instance"),
            _ => ChangeEffect::Replace("no operation of Connect changes a vocabulary"),
        }
    }
}
