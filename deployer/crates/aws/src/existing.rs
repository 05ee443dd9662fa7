//! An existing Connect instance that a spec uses without managing it, and what is in it: read-only lookups by name before a plan.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use aws_sdk_connect::types::{Instance, InstanceStatus, InstanceSummary, LexVersion, QueueType};
use deployer_engine::{Address, Clock, Context, Error, ErrorClass, ExternalResource, Random, Result};
use deployer_resources::{ExistingInstance, InstanceSection, NamedInInstance};

use crate::call::{Operation, collect_pages};
use crate::errors::OptionalExt;
use crate::permissions::{Permission, directory_permissions, operation_permissions};
use crate::provider::{Provider, read_only_context};
use crate::resources::{DESCRIBE_INSTANCE, LIST_INSTANCES};

/// The result of looking for an existing instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InstanceLookup {
    /// The instance, with the names that were asked for.
    Found(ExistingInstance),
    /// There is none in this account and Region; the aliases of those that there are, if they were listed.
    NotFound(Vec<String>),
}

const HOURS: Operation = Operation::read("connect", "ListHoursOfOperations");
const QUEUES: Operation = Operation::read("connect", "ListQueues");
const ROUTING_PROFILES: Operation = Operation::read("connect", "ListRoutingProfiles");
const SECURITY_PROFILES: Operation = Operation::read("connect", "ListSecurityProfiles");
const USERS: Operation = Operation::read("connect", "ListUsers");
const PROMPTS: Operation = Operation::read("connect", "ListPrompts");
const MODULES: Operation = Operation::read("connect", "ListContactFlowModules");
const FLOWS: Operation = Operation::read("connect", "ListContactFlows");
const VIEWS: Operation = Operation::read("connect", "ListViews");
const BOTS: Operation = Operation::read("connect", "ListBots");

/// Returns the operation that lists the resources of a section.
const fn list_operation(section: InstanceSection) -> Operation {
    match section {
        InstanceSection::Hours => HOURS,
        InstanceSection::Queues => QUEUES,
        InstanceSection::RoutingProfiles => ROUTING_PROFILES,
        InstanceSection::SecurityProfiles => SECURITY_PROFILES,
        InstanceSection::Users => USERS,
        InstanceSection::Prompts => PROMPTS,
        InstanceSection::Modules => MODULES,
        InstanceSection::Flows => FLOWS,
        InstanceSection::Views => VIEWS,
        InstanceSection::Bots => BOTS,
    }
}

/// Whether a reference to an instance is an ID or an ARN, and not an alias.
fn id_of(reference: &str) -> Option<&str> {
    if reference.starts_with("arn:") {
        return reference.rsplit('/').next();
    }
    uuid::Uuid::parse_str(reference).is_ok().then_some(reference)
}

/// Returns the permissions that looking up this resource needs.
pub(crate) fn lookup_permissions(provider: &Provider, external: &ExternalResource) -> Vec<Permission> {
    let instance = provider.arn("connect", "instance/*");
    if let Some(section) = InstanceSection::from_type(&external.type_name) {
        return operation_permissions(&[list_operation(section)], &instance);
    }
    let by_alias = id_of(&external.name).is_none();
    let list = if by_alias { operation_permissions(&[LIST_INSTANCES], "*") } else { Vec::new() };
    [list, operation_permissions(&[DESCRIBE_INSTANCE], &instance), directory_permissions()].concat()
}

/// Looks up the instance with this alias, ID or ARN, and the names of these sections in it. Changes nothing. Every call is paced, classified
/// and retried as those of resource types are.
///
/// # Errors
/// A call failed, or the instance is not active.
pub async fn look_up_instance(
    provider: &Provider,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
    reference: &str,
    sections: &BTreeSet<InstanceSection>,
) -> Result<InstanceLookup> {
    let cx = read_only_context(Address::new("instance", "main"), clock, random);
    let (id, aliases) = match id_of(reference) {
        Some(id) => (Some(id.to_owned()), Vec::new()),
        None => with_alias(provider.instances(&cx).await?, reference),
    };
    let Some(id) = id else { return Ok(InstanceLookup::NotFound(aliases)) };
    let describe = || provider.connect.describe_instance().instance_id(&id).send();
    let described = provider.call(&cx, DESCRIBE_INSTANCE, describe).await.optional()?;
    let Some(instance) = described.and_then(|answer| answer.instance) else { return Ok(InstanceLookup::NotFound(aliases)) };
    is_usable(&instance, reference)?;
    let mut names = BTreeMap::new();
    for section in sections {
        names.insert(*section, provider.list_section(&cx, &id, *section).await?);
    }
    let arn = instance.arn.unwrap_or_else(|| provider.arn("connect", &format!("instance/{id}")));
    Ok(InstanceLookup::Found(ExistingInstance { id, arn, alias: instance.instance_alias.unwrap_or_default(), names }))
}

/// Returns the ID of the instance with this alias, and the aliases of all.
fn with_alias(instances: Vec<InstanceSummary>, alias: &str) -> (Option<String>, Vec<String>) {
    let found = instances.iter().find(|one| one.instance_alias.as_deref() == Some(alias)).and_then(|one| one.id.clone());
    let aliases: BTreeSet<String> = instances.into_iter().filter_map(|one| one.instance_alias.or(one.id)).collect();
    (found, aliases.into_iter().collect())
}

fn is_usable(instance: &Instance, reference: &str) -> Result<()> {
    match instance.instance_status() {
        None | Some(InstanceStatus::Active) => Ok(()),
        Some(status) => {
            let message = format!("the instance {reference} is not active: its status is {}", status.as_str());
            let help = "wait until its owner has created it, or name another instance in `connect.existing`";
            Err(Error::new(ErrorClass::Refused, message).with_help(help))
        }
    }
}

/// Lists all pages of a section of an instance.
macro_rules! listed {
    ($self:ident, $cx:ident, $op:ident, $request:expr, $member:ident, $name:ident) => {{
        let things = collect_pages(|token| async move {
            let list = || $request.set_next_token(token.clone()).send();
            let page = $self.call($cx, $op, list).await?;
            Ok((page.$member.unwrap_or_default(), page.next_token))
        });
        let named = things.await?.into_iter();
        let named = named.filter_map(|thing| Some(NamedInInstance { id: thing.id?, arn: thing.arn?, name: thing.$name? }));
        Ok(named.collect())
    }};
}

const PAGE: i32 = 1_000;

impl Provider {
    async fn list_section(&self, cx: &Context, id: &str, section: InstanceSection) -> Result<Vec<NamedInInstance>> {
        let client = &self.connect;
        match section {
            InstanceSection::Hours => {
                let request = || client.list_hours_of_operations().instance_id(id).max_results(PAGE);
                listed!(self, cx, HOURS, request(), hours_of_operation_summary_list, name)
            }
            // Every user also has a queue of the type AGENT.
            InstanceSection::Queues => {
                let request = || client.list_queues().instance_id(id).queue_types(QueueType::Standard).max_results(PAGE);
                listed!(self, cx, QUEUES, request(), queue_summary_list, name)
            }
            InstanceSection::RoutingProfiles => {
                let request = || client.list_routing_profiles().instance_id(id).max_results(PAGE);
                listed!(self, cx, ROUTING_PROFILES, request(), routing_profile_summary_list, name)
            }
            InstanceSection::SecurityProfiles => {
                let request = || client.list_security_profiles().instance_id(id).max_results(PAGE);
                listed!(self, cx, SECURITY_PROFILES, request(), security_profile_summary_list, name)
            }
            InstanceSection::Users => {
                let request = || client.list_users().instance_id(id).max_results(PAGE);
                listed!(self, cx, USERS, request(), user_summary_list, username)
            }
            InstanceSection::Prompts => {
                let request = || client.list_prompts().instance_id(id).max_results(PAGE);
                listed!(self, cx, PROMPTS, request(), prompt_summary_list, name)
            }
            InstanceSection::Modules => {
                let request = || client.list_contact_flow_modules().instance_id(id).max_results(PAGE);
                listed!(self, cx, MODULES, request(), contact_flow_modules_summary_list, name)
            }
            InstanceSection::Flows => {
                let request = || client.list_contact_flows().instance_id(id).max_results(PAGE);
                listed!(self, cx, FLOWS, request(), contact_flow_summary_list, name)
            }
            // ListViews returns at most 100 (API reference, MaxResults).
            InstanceSection::Views => {
                let request = || client.list_views().instance_id(id).max_results(100);
                listed!(self, cx, VIEWS, request(), views_summary_list, name)
            }
            InstanceSection::Bots => self.list_bot_aliases(cx, id).await,
        }
    }

    /// Lists the associated bots. ListBots returns only the ARNs of their aliases, without names (API reference, LexV2Bot).
    async fn list_bot_aliases(&self, cx: &Context, id: &str) -> Result<Vec<NamedInInstance>> {
        let bots = collect_pages(|token| async move {
            let request = || self.connect.list_bots().instance_id(id).lex_version(LexVersion::V2).max_results(25);
            let list = || request().set_next_token(token.clone()).send();
            let page = self.call(cx, BOTS, list).await?;
            Ok((page.lex_bots.unwrap_or_default(), page.next_token))
        });
        let arns = bots.await?.into_iter().filter_map(|bot| bot.lex_v2_bot?.alias_arn);
        Ok(arns.map(|arn| NamedInInstance { id: arn.clone(), arn: arn.clone(), name: arn }).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_aliases_ids_or_arns() {
        let id = "12345678-1234-1234-1234-123456789012";
        assert_eq!(id_of(id), Some(id));
        assert_eq!(id_of(&format!("arn:aws:connect:us-east-1:111122223333:instance/{id}")), Some(id));
        assert_eq!(id_of("support-line"), None);
    }

    #[test]
    fn unknown_alias_lists_the_known_ones() {
        let one = InstanceSummary::builder().id("1").instance_alias("support").build();
        let nameless = InstanceSummary::builder().id("2").build();
        let instances = vec![one, nameless];
        assert_eq!(with_alias(instances.clone(), "support").0.as_deref(), Some("1"));
        assert_eq!(with_alias(instances, "suport"), (None, vec!["2".to_owned(), "support".to_owned()]));
    }
}
