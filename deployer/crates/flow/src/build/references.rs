//! References to resources.

use std::fmt;
use std::marker::PhantomData;

use serde::{Serialize, Serializer};
use serde_json::{Map, Value};

use super::attribute::{Argument, Attribute};
use crate::named::SymbolicName;
use crate::resource_kind::ResourceKind;

/// A reference to a resource of the kind `K`, such as `Ref<Queue>`: by its key in the project, by its ARN or id, or by an attribute
/// that holds its ARN during the call.
///
/// A construct of another crate can be a reference too: that crate implements `From<&Construct> for Ref<Queue>`.
#[derive(Debug, PartialEq, Eq)]
pub struct Ref<K>(String, PhantomData<fn() -> K>);

impl<K> Clone for Ref<K> {
    fn clone(&self) -> Self {
        Self(self.0.clone(), PhantomData)
    }
}

impl<K> fmt::Display for Ref<K> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl<K> Serialize for Ref<K> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<K> From<Attribute> for Ref<K> {
    fn from(attribute: Attribute) -> Self {
        Self::to(attribute.to_string())
    }
}

impl<K> From<&Ref<K>> for Ref<K> {
    fn from(reference: &Self) -> Self {
        reference.clone()
    }
}

impl<K> Ref<K> {
    /// Returns a reference by the text that stands in a flow: an ARN, an id, or a symbolic reference.
    #[must_use]
    pub fn to(text: impl Into<String>) -> Self {
        Self(text.into(), PhantomData)
    }
}

impl<K> Argument for Ref<K> {
    fn write(self, name: &str, parameters: &mut Map<String, Value>) {
        parameters.insert(name.to_owned(), self.0.into());
    }
}

/// A reference in the member `Id` of an object.
#[derive(Debug, Clone)]
pub struct ById<K>(Ref<K>);

/// A reference in the member `AliasArn` of an object.
#[derive(Debug, Clone)]
pub struct ByAliasArn<K>(Ref<K>);

macro_rules! in_member {
    ($($type:ident in $member:literal),+) => {
        $(impl<K, R: Into<Ref<K>>> From<R> for $type<K> {
            fn from(reference: R) -> Self {
                Self(reference.into())
            }
        }

        impl<K> Argument for $type<K> {
            fn write(self, name: &str, parameters: &mut Map<String, Value>) {
                parameters.insert(name.to_owned(), serde_json::json!({$member: self.0}));
            }
        })+
    };
}

in_member!(ById in "Id", ByAliasArn in "AliasArn");

/// Declares a kind of resource, with the kind's name in declarations.
macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident = $kind:literal $(in $section:ident)?),+ $(,)?) => {
        $(
            $(#[$doc])*
            #[derive(Debug, Clone, Copy, PartialEq, Eq)]
            pub enum $name {}

            impl $name {
                $(
                    /// Returns a reference to the resource with this key in the project; its ARN takes its place at the deployment.
                    #[must_use]
                    pub fn named(key: &str) -> Ref<Self> {
                        Ref::to(SymbolicName::arn(ResourceKind::$section, key).to_string())
                    }
                )?

                /// Returns a reference to the resource with this ARN.
                #[must_use]
                pub fn arn(arn: &str) -> Ref<Self> {
                    Ref::to(arn)
                }

                /// Returns a reference to the resource with this id.
                #[must_use]
                pub fn id(id: &str) -> Ref<Self> {
                    Ref::to(id)
                }
            }
        )+

        /// Names of the kinds in declarations and in Rust.
        pub(crate) const KINDS: &[(&str, &str)] = &[$(($kind, stringify!($name))),+];
    };
}

kinds! {
    /// A queue.
    Queue = "queue" in Queue,
    /// Hours of operation.
    Hours = "hours" in Hours,
    /// A Lambda function.
    Function = "lambda" in Lambda,
    /// A flow.
    Flow = "flow" in Flow,
    /// A flow module.
    Module = "module" in Module,
    /// A recorded prompt.
    Prompt = "prompt" in Prompt,
    /// An agent, by the user.
    Agent = "agent" in Agent,
    /// A view of an agent's workspace.
    View = "view" in View,
    /// An alias of a Lex V2 bot.
    Bot = "bot" in Bot,
    /// A template of a case.
    CaseTemplate = "case-template",
    /// A template of a task.
    TaskTemplate = "task-template",
    /// An assistant of Amazon Q.
    Assistant = "assistant",
}

/// A queue, or the queue of an agent.
#[derive(Debug, Clone)]
pub struct QueueOrAgent {
    parameter: &'static str,
    id: String,
}

impl<Q: Into<Ref<Queue>>> From<Q> for QueueOrAgent {
    fn from(queue: Q) -> Self {
        Self { parameter: "QueueId", id: queue.into().0 }
    }
}

impl From<Ref<Agent>> for QueueOrAgent {
    fn from(agent: Ref<Agent>) -> Self {
        Self { parameter: "AgentId", id: agent.0 }
    }
}

impl Argument for QueueOrAgent {
    fn write(self, _name: &str, parameters: &mut Map<String, Value>) {
        parameters.insert(self.parameter.to_owned(), self.id.into());
    }
}
