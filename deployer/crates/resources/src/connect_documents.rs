//! The resource types `connect.view`, `connect.task_template`, `connect.evaluation_form` and `connect.rule`: documents in an instance,
//! in the form that the API has for them.

use deployer_engine::{ChangeEffect, PropertyPath, ResourceDefinition};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{Arn, Concrete, ConnectInstance, Declared, Handle, Id, Mode, Prop, Tags};

/// Desired and live properties of a document.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(bound = "")]
pub struct ConnectDocumentProperties<M: Mode = Concrete> {
    /// The instance.
    pub instance_id: M::Of<Id<ConnectInstance>>,
    /// The name, unique among the instance's documents of the type; the title of an evaluation form.
    pub name: String,
    /// The description; empty for a rule, which has none.
    pub description: String,
    /// `PUBLISHED` or `SAVED` of a view, `ACTIVE` or `INACTIVE` of a task template, `ACTIVE` or `DRAFT` of an evaluation form, `PUBLISHED`
    /// or `DRAFT` of a rule.
    pub status: String,
    /// The other members of the request that creates it. JSON that the API takes as text is an object here.
    pub content: M::Of<Value>,
    /// Tags.
    pub tags: Tags,
}

/// Outputs of a document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConnectDocumentOutputs {
    /// The ID within its instance.
    pub id: String,
    /// The ARN.
    pub arn: String,
}

macro_rules! document {
    ($(#[$doc:meta])* $resource:ident: $name:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy)]
        pub struct $resource;

        impl crate::Declare for $resource {
            type Declared = ConnectDocumentProperties<Declared>;
        }

        impl Handle<$resource> {
            /// The ID within its instance.
            pub fn id(&self) -> Prop<Id<$resource>> {
                self.output("id")
            }

            /// The ARN.
            pub fn arn(&self) -> Prop<Arn<$resource>> {
                self.output("arn")
            }
        }

        impl ResourceDefinition for $resource {
            type Properties = ConnectDocumentProperties;
            type Outputs = ConnectDocumentOutputs;
            const TYPE: &'static str = $name;
            const KEY: &'static [&'static str] = &["instance_id", "name"];

            fn change_effect(path: &PropertyPath) -> ChangeEffect {
                match path.first() {
                    "instance_id" => ChangeEffect::Replace("it belongs to another instance"),
                    "content" if path.0.get(1).is_some_and(|member| member == "TriggerEventSource") => {
                        ChangeEffect::Replace("no operation changes the event of a rule")
                    }
                    _ => ChangeEffect::Update,
                }
            }
        }
    };
}

document! {
    /// A view: a screen that the flow action ShowView shows.
    ConnectView: "connect.view"
}
document! {
    /// A task template: the fields of tasks.
    ConnectTaskTemplate: "connect.task_template"
}
document! {
    /// An evaluation form: questions about the work of agents.
    ConnectEvaluationForm: "connect.evaluation_form"
}
document! {
    /// A rule: what happens after an event if a condition holds.
    ConnectRule: "connect.rule"
}
