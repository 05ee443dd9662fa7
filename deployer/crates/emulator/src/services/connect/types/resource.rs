//! Resources of an instance besides flows: their common properties, and those of each kind.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use time::OffsetDateTime;

use super::agent_status::AgentStatus;
use super::document::{EvaluationForm, Rule, TaskTemplate, View};
use super::hierarchy::HierarchyGroup;
use super::hours::Hours;
use super::prompt::Prompt;
use super::queue::Queue;
use super::quick_connect::QuickConnect;
use super::routing_profile::RoutingProfile;
use super::security_profile::SecurityProfile;
use super::user::User;
use crate::services::connect::arguments::epoch;
use crate::stored::stored;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Kind {
    Queue,
    Hours,
    RoutingProfile,
    SecurityProfile,
    Prompt,
    User,
    QuickConnect,
    HierarchyGroup,
    AgentStatus,
    View,
    TaskTemplate,
    EvaluationForm,
    Rule,
}

impl Kind {
    /// Returns the name of the kind in ARNs.
    pub(crate) fn arn_part(self) -> &'static str {
        match self {
            Self::Queue => "queue",
            Self::Hours => "operating-hours",
            Self::RoutingProfile => "routing-profile",
            Self::SecurityProfile => "security-profile",
            Self::Prompt => "prompt",
            Self::User => "agent",
            Self::QuickConnect => "transfer-destination",
            Self::HierarchyGroup => "agent-group",
            Self::AgentStatus => "agent-state",
            Self::View => "view",
            Self::TaskTemplate => "task-template",
            Self::EvaluationForm => "evaluation-form",
            Self::Rule => "rule",
        }
    }

    /// Returns the name of the kind in messages.
    pub(crate) fn noun(self) -> &'static str {
        match self {
            Self::Queue => "Queue",
            Self::Hours => "Hours of operation",
            Self::RoutingProfile => "Routing profile",
            Self::SecurityProfile => "Security profile",
            Self::Prompt => "Prompt",
            Self::User => "User",
            Self::QuickConnect => "Quick connect",
            Self::HierarchyGroup => "Hierarchy group",
            Self::AgentStatus => "Agent status",
            Self::View => "View",
            Self::TaskTemplate => "Task template",
            Self::EvaluationForm => "Evaluation form",
            Self::Rule => "Rule",
        }
    }

    /// Returns the maximum number per instance, including those that come with it (administrator guide, quotas). An agent status has a
    /// number from 1 to 50 (botocore model, AgentStatusOrderNumber). The quotas of the last kinds are unverified, so that they have none.
    pub(crate) fn quota(self) -> usize {
        match self {
            Self::Queue | Self::AgentStatus => 50,
            Self::View | Self::TaskTemplate | Self::EvaluationForm | Self::Rule => usize::MAX,
            Self::Hours | Self::RoutingProfile | Self::SecurityProfile | Self::QuickConnect => 100,
            Self::Prompt | Self::User | Self::HierarchyGroup => 500,
        }
    }
}

/// Properties specific to a kind.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) enum Details {
    /// No details.
    #[default]
    Plain,
    Hours(Hours),
    Queue(Queue),
    Prompt(Prompt),
    RoutingProfile(RoutingProfile),
    SecurityProfile(SecurityProfile),
    User(User),
    QuickConnect(QuickConnect),
    HierarchyGroup(HierarchyGroup),
    AgentStatus(AgentStatus),
    View(View),
    TaskTemplate(TaskTemplate),
    EvaluationForm(EvaluationForm),
    Rule(Rule),
}

/// A kind of resource with specific details.
pub(crate) trait Detail: Sized {
    const KIND: Kind;
    fn wrap(self) -> Details;
    fn of(details: &Details) -> Option<&Self>;
    fn of_mut(details: &mut Details) -> Option<&mut Self>;
}

macro_rules! details {
    ($($kind:ident),*) => {
        $(impl Detail for $kind {
            const KIND: Kind = Kind::$kind;

            fn wrap(self) -> Details {
                Details::$kind(self)
            }

            fn of(details: &Details) -> Option<&Self> {
                match details {
                    Details::$kind(own) => Some(own),
                    _ => None,
                }
            }

            fn of_mut(details: &mut Details) -> Option<&mut Self> {
                match details {
                    Details::$kind(own) => Some(own),
                    _ => None,
                }
            }
        })*
    };
}

details!(
    HierarchyGroup,
    QuickConnect,
    AgentStatus,
    EvaluationForm,
    Hours,
    Prompt,
    Queue,
    RoutingProfile,
    Rule,
    SecurityProfile,
    TaskTemplate,
    User,
    View
);

/// A resource of an instance.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Resource {
    pub(crate) kind: Kind,
    pub(crate) arn: String,
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) description: Option<String>,
    pub(crate) modified: OffsetDateTime,
    pub(crate) tags: BTreeMap<String, String>,
    #[serde(default)]
    pub(crate) details: Details,
}

stored!(Resource);

impl Resource {
    pub(crate) fn summary(&self, id: &str, region: &str) -> Value {
        let name = if self.kind == Kind::User { "Username" } else { "Name" };
        json!({
            "Id": id,
            "Arn": self.arn,
            name: self.name,
            "LastModifiedTime": epoch(self.modified),
            "LastModifiedRegion": region,
        })
    }

    /// Adds the members common to descriptions of every kind.
    pub(crate) fn describe(&self, described: &mut Value, region: &str) {
        described["Tags"] = json!(self.tags);
        described["LastModifiedTime"] = epoch(self.modified).into();
        described["LastModifiedRegion"] = region.into();
        if let Some(description) = &self.description {
            described["Description"] = description.as_str().into();
        }
    }
}
