//! Flow content: its storage format and the check for publishing.

use deployer_flow::ResourceKind;

use super::types::{Instance, Kind, invalid};
use super::{flow_reference, module_reference, publish};
use crate::error::AwsError;

/// Returns an error for content that Connect would not publish in this instance.
pub(super) fn check(instance: &Instance, content: &str) -> Result<(), AwsError> {
    let exists = |kind: ResourceKind, id: &str| exists(instance, kind, id);
    let problems = publish::problems(content, &exists);
    if problems.is_empty() { Ok(()) } else { Err(invalid(&problems)) }
}

fn exists(instance: &Instance, kind: ResourceKind, id: &str) -> bool {
    let resource = |kind: Kind| {
        instance.resources.iter().any(|(known, resource)| resource.kind == kind && (known == id || resource.arn == id))
    };
    match kind {
        ResourceKind::Queue => resource(Kind::Queue),
        ResourceKind::Hours => resource(Kind::Hours),
        ResourceKind::Prompt => resource(Kind::Prompt),
        ResourceKind::Agent => resource(Kind::User),
        ResourceKind::Flow => flow_reference::find(instance, id).is_some(),
        ResourceKind::Lambda => instance.functions.contains(id),
        // Bot parameters are not checked against the bot associations of the instance.
        ResourceKind::Bot => true,
        // The views that AWS provides belong to no instance.
        ResourceKind::View => {
            let bare = id.rsplit_once(':').filter(|(_, qualifier)| qualifier.starts_with('$')).map_or(id, |(id, _)| id);
            id.contains(":aws:view/")
                || instance.resources.iter().any(|(known, one)| one.kind == Kind::View && (known == bare || one.arn == bare))
        }
        ResourceKind::Module => module_reference::find(instance, id).is_ok(),
    }
}
