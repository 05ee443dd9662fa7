//! What an instance holds besides flows: queues, hours, profiles, prompts. They come with the instance and are listed.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use time::OffsetDateTime;

use super::arguments::{PARAMETER, Paging, epoch};
use super::instance;
use crate::call::{Call, string};
use crate::check::Faults;
use crate::refusal::Refusal;
use crate::reply::Reply;
use crate::world::World;

/// The kinds of resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Kind {
    Queue,
    Hours,
    RoutingProfile,
    SecurityProfile,
    Prompt,
    User,
}

impl Kind {
    /// How the kind is written in ARNs.
    pub(super) fn arn_part(self) -> &'static str {
        match self {
            Self::Queue => "queue",
            Self::Hours => "operating-hours",
            Self::RoutingProfile => "routing-profile",
            Self::SecurityProfile => "security-profile",
            Self::Prompt => "prompt",
            Self::User => "agent",
        }
    }

    fn listed_by(operation: &str) -> Option<(Self, &'static str)> {
        Some(match operation {
            "ListQueues" => (Self::Queue, "QueueSummaryList"),
            "ListHoursOfOperations" => (Self::Hours, "HoursOfOperationSummaryList"),
            "ListRoutingProfiles" => (Self::RoutingProfile, "RoutingProfileSummaryList"),
            "ListSecurityProfiles" => (Self::SecurityProfile, "SecurityProfileSummaryList"),
            "ListPrompts" => (Self::Prompt, "PromptSummaryList"),
            "ListUsers" => (Self::User, "UserSummaryList"),
            _ => return None,
        })
    }
}

/// One of them.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Resource {
    pub(super) kind: Kind,
    pub(super) arn: String,
    pub(super) name: String,
    pub(super) modified: OffsetDateTime,
    pub(super) tags: BTreeMap<String, String>,
}

impl Resource {
    fn summary(&self, id: &str, region: &str) -> Value {
        let name = if self.kind == Kind::User { "Username" } else { "Name" };
        let mut summary = json!({
            "Id": id,
            "Arn": self.arn,
            name: self.name,
            "LastModifiedTime": epoch(self.modified),
            "LastModifiedRegion": region,
        });
        if self.kind == Kind::Queue {
            summary["QueueType"] = "STANDARD".into();
        }
        summary
    }
}

pub(super) fn list(world: &mut World, call: &Call, operation: &str, now: OffsetDateTime) -> Result<Reply, Refusal> {
    let (kind, member) = Kind::listed_by(operation).ok_or_else(|| Refusal::new(501, "NotImplemented", operation))?;
    let paging = Paging::of_query(call, 1000, PARAMETER)?;
    let types: Vec<&str> = call.query.iter().filter(|(name, _)| name == "queueTypes").map(|(_, value)| value.as_str()).collect();
    let mut faults = Faults::default();
    for one in &types {
        faults.one_of("queueTypes", Some(one), &["STANDARD", "AGENT"]);
    }
    faults.refuse(PARAMETER)?;
    let region = world.region.clone();
    let instance = world.connect.active(call.path("InstanceId"), now)?;
    // There are no users, hence no agent queues.
    let wanted = |resource: &Resource| resource.kind == kind && (types.is_empty() || types.contains(&"STANDARD"));
    let found = instance.resources.iter().filter(|(_, resource)| wanted(resource));
    paging.reply(member, found.map(|(id, resource)| (id, resource.summary(id, &region))))
}

/// No number can be claimed here, so the list is empty; the instance must exist all the same.
pub(super) fn list_phone_numbers(world: &mut World, call: &Call) -> Result<Reply, Refusal> {
    let paging = Paging::of_body(call, 1000, PARAMETER)?;
    for member in ["InstanceId", "TargetArn"] {
        if let Some(id) = string(&call.input, member)? {
            world.connect.instance(id).ok_or_else(instance::not_found)?;
        }
    }
    paging.reply("ListPhoneNumbersSummaryList", std::iter::empty::<(&str, Value)>())
}
