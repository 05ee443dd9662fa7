//! The resource type `connect.default_vocabulary`: the vocabulary that Contact Lens uses for a language.

use deployer_engine::{ChangeEffect, PropertyPath, ResourceDefinition};
use serde::{Deserialize, Serialize};

use crate::declaration::resource;
use crate::{Concrete, ConnectInstance, ConnectVocabulary, Declared, Id, Mode};

/// Desired and live properties of `connect.default_vocabulary`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(bound = "")]
pub struct ConnectDefaultVocabularyProperties<M: Mode = Concrete> {
    /// The instance.
    pub instance_id: M::Of<Id<ConnectInstance>>,
    /// The language, such as `en-US`.
    pub language: String,
    /// The vocabulary.
    pub vocabulary_id: M::Of<Id<ConnectVocabulary>>,
}

resource! {
    ConnectDefaultVocabulary, declared as ConnectDefaultVocabularyProperties<Declared>, with ConnectDefaultVocabularyOutputs {
        /// The vocabulary.
        vocabulary_id: String as Id<ConnectVocabulary>,
    }
}

impl ResourceDefinition for ConnectDefaultVocabulary {
    type Properties = ConnectDefaultVocabularyProperties;
    type Outputs = ConnectDefaultVocabularyOutputs;
    const TYPE: &'static str = "connect.default_vocabulary";

    fn change_effect(path: &PropertyPath) -> ChangeEffect {
        match path.first() {
            "instance_id" => ChangeEffect::Replace("it belongs to another instance"),
            "language" => ChangeEffect::Replace("it is about another language"),
            _ => ChangeEffect::Update,
        }
    }
}
