//! Names of an instance's resources. Properties name queues, hours and profiles as Connect displays them; calls need IDs.
//!
//! A name is unique among an instance's resources of one kind (API reference: each Create call models DuplicateResourceException).

use std::collections::BTreeMap;
use std::ops::ControlFlow::{Break, Continue};
use std::time::Duration;

use aws_sdk_connect::types::QueueType;
use deployer_engine::{Context, Error, ErrorClass, Result};

use crate::call::{Operation, collect_pages};
use crate::errors::OptionalExt;
use crate::provider::Provider;
use crate::wait;

/// A kind of resource in an instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Hours,
    Queue,
    RoutingProfile,
    SecurityProfile,
    User,
    Flow,
    Module,
    Prompt,
    QuickConnect,
    HierarchyGroup,
    AgentStatus,
    View,
    TaskTemplate,
    EvaluationForm,
    Rule,
}

/// The resources of one kind in one instance, by ID.
#[derive(Debug, Default)]
pub(super) struct NameIndex {
    by_id: BTreeMap<String, String>,
}

const HOURS: Operation = Operation::read("connect", "ListHoursOfOperations");
const QUEUES: Operation = Operation::read("connect", "ListQueues");
const ROUTING_PROFILES: Operation = Operation::read("connect", "ListRoutingProfiles");
const SECURITY_PROFILES: Operation = Operation::read("connect", "ListSecurityProfiles");
const USERS: Operation = Operation::read("connect", "ListUsers");
const FLOWS: Operation = Operation::read("connect", "ListContactFlows");
const MODULES: Operation = Operation::read("connect", "ListContactFlowModules");
const PROMPTS: Operation = Operation::read("connect", "ListPrompts");
const QUICK_CONNECTS: Operation = Operation::read("connect", "ListQuickConnects");
const HIERARCHY_GROUPS: Operation = Operation::read("connect", "ListUserHierarchyGroups");
const AGENT_STATUSES: Operation = Operation::read("connect", "ListAgentStatuses");
const VIEWS: Operation = Operation::read("connect", "ListViews");
const TASK_TEMPLATES: Operation = Operation::read("connect", "ListTaskTemplates");
const EVALUATION_FORMS: Operation = Operation::read("connect", "ListEvaluationForms");
const RULES: Operation = Operation::read("connect", "ListRules");

/// Maximum wait for a new resource to be listed; that lists lag at all is unverified.
const LISTED_WITHIN: Duration = Duration::from_secs(30);
const PAGE: i32 = 1_000;

impl Kind {
    /// Returns the operation that lists them.
    pub(super) const fn list(self) -> Operation {
        match self {
            Self::Hours => HOURS,
            Self::Queue => QUEUES,
            Self::RoutingProfile => ROUTING_PROFILES,
            Self::SecurityProfile => SECURITY_PROFILES,
            Self::User => USERS,
            Self::Flow => FLOWS,
            Self::Module => MODULES,
            Self::Prompt => PROMPTS,
            Self::QuickConnect => QUICK_CONNECTS,
            Self::HierarchyGroup => HIERARCHY_GROUPS,
            Self::AgentStatus => AGENT_STATUSES,
            Self::View => VIEWS,
            Self::TaskTemplate => TASK_TEMPLATES,
            Self::EvaluationForm => EVALUATION_FORMS,
            Self::Rule => RULES,
        }
    }

    fn as_str(self) -> &'static str {
        match self {
            Self::Hours => "hours of operation",
            Self::Queue => "queue",
            Self::RoutingProfile => "routing profile",
            Self::SecurityProfile => "security profile",
            Self::User => "user",
            Self::Flow => "flow",
            Self::Module => "module",
            Self::Prompt => "prompt",
            Self::QuickConnect => "quick connect",
            Self::HierarchyGroup => "hierarchy group",
            Self::AgentStatus => "agent status",
            Self::View => "view",
            Self::TaskTemplate => "task template",
            Self::EvaluationForm => "evaluation form",
            Self::Rule => "rule",
        }
    }
}

impl NameIndex {
    /// Returns the name of the resource with this ID; the ID itself if the resource no longer exists.
    pub(super) fn name<'n>(&'n self, id: &'n str) -> &'n str {
        self.by_id.get(id).map_or(id, String::as_str)
    }

    /// Returns the ID of the resource with this name.
    pub(super) fn id(&self, name: &str) -> Option<&str> {
        self.by_id.iter().find(|(_, known)| *known == name).map(|(id, _)| id.as_str())
    }

    /// Returns the IDs of all resources with this name: not every kind has unique names.
    pub(super) fn ids<'n>(&'n self, name: &'n str) -> impl Iterator<Item = &'n str> {
        self.by_id.iter().filter(move |(_, known)| *known == name).map(|(id, _)| id.as_str())
    }

    fn missing<'w>(&self, names: &[&'w str]) -> Vec<&'w str> {
        names.iter().copied().filter(|name| self.id(name).is_none()).collect()
    }
}

/// Fetches one page of a list as pairs of ID and name.
macro_rules! page {
    ($self:ident, $cx:ident, $op:ident, $request:expr, $token:ident, $member:ident, $name:ident) => {{
        let list = || $request.set_next_token($token.clone()).send();
        let page = $self.call($cx, $op, list).await?;
        let things = page.$member.unwrap_or_default().into_iter();
        let pairs: Vec<(String, String)> = things.filter_map(|thing| Some((thing.id?, thing.$name?))).collect();
        Ok((pairs, page.next_token))
    }};
}

/// Expands to `read`, `owner`, `find` and `delete` of a resource of an instance that has tags and is found by its name. The type's method
/// `look` reads it by its ID, its constant `DELETE` is the operation of the call that deletes it.
macro_rules! found_by_name {
    ($properties:ty, $live:ty, $kind:expr, $name:ident, $delete:ident($id:ident)) => {
        async fn read(&self, cx: &Context, id: &PhysicalId, hint: &$properties) -> Result<Option<$live>> {
            let (instance, id) = split_id(id)?;
            self.look(cx, instance, id, hint).await
        }

        async fn owner(&self, cx: &Context, live: &$live) -> Result<TagOwner> {
            let this = (<Self::Definition as deployer_engine::ResourceDefinition>::TYPE, &live.id);
            self.0.owner_in_instance(cx, Some(&live.properties.tags), this, split_id(&live.id)?.0).await
        }

        async fn find(&self, cx: &Context, wanted: &$properties) -> Result<Lookup<$live>> {
            let names = self.0.connect_names(cx, &wanted.instance_id, $kind).await?;
            let Some(id) = names.id(&wanted.$name) else { return Ok(Lookup::NotFound) };
            let live = self.look(cx, &wanted.instance_id, id, wanted).await?;
            Ok(live.map_or(Lookup::NotFound, |live| tags::found(cx, &live.properties.tags.clone(), live)))
        }

        async fn delete(&self, cx: &Context, id: &PhysicalId, _recorded: &$properties) -> Result<()> {
            let (instance, id) = split_id(id)?;
            let delete = || self.0.connect.$delete().instance_id(instance).$id(id).send();
            self.0.call(cx, DELETE, delete).await.optional().map(drop)
        }
    };
}

pub(super) use found_by_name;

impl Provider {
    /// Returns all resources of this kind in the instance; none if there is no such instance.
    pub(super) async fn connect_names(&self, cx: &Context, instance: &str, kind: Kind) -> Result<NameIndex> {
        let things = collect_pages(|token| self.connect_page(cx, instance, kind, token)).await.optional()?;
        Ok(NameIndex { by_id: things.unwrap_or_default().into_iter().collect() })
    }

    async fn connect_page(
        &self,
        cx: &Context,
        instance: &str,
        kind: Kind,
        token: Option<String>,
    ) -> Result<(Vec<(String, String)>, Option<String>)> {
        let client = &self.connect;
        match kind {
            Kind::Hours => {
                let request = || client.list_hours_of_operations().instance_id(instance).max_results(PAGE);
                page!(self, cx, HOURS, request(), token, hours_of_operation_summary_list, name)
            }
            // Every user also has a queue of the type AGENT.
            Kind::Queue => {
                let request = || client.list_queues().instance_id(instance).queue_types(QueueType::Standard).max_results(PAGE);
                page!(self, cx, QUEUES, request(), token, queue_summary_list, name)
            }
            Kind::RoutingProfile => {
                let request = || client.list_routing_profiles().instance_id(instance).max_results(PAGE);
                page!(self, cx, ROUTING_PROFILES, request(), token, routing_profile_summary_list, name)
            }
            Kind::SecurityProfile => {
                let request = || client.list_security_profiles().instance_id(instance).max_results(PAGE);
                page!(self, cx, SECURITY_PROFILES, request(), token, security_profile_summary_list, name)
            }
            Kind::User => {
                let request = || client.list_users().instance_id(instance).max_results(PAGE);
                page!(self, cx, USERS, request(), token, user_summary_list, username)
            }
            Kind::Flow => {
                let request = || client.list_contact_flows().instance_id(instance).max_results(PAGE);
                page!(self, cx, FLOWS, request(), token, contact_flow_summary_list, name)
            }
            Kind::Module => {
                let request = || client.list_contact_flow_modules().instance_id(instance).max_results(PAGE);
                page!(self, cx, MODULES, request(), token, contact_flow_modules_summary_list, name)
            }
            Kind::Prompt => {
                let request = || client.list_prompts().instance_id(instance).max_results(PAGE);
                page!(self, cx, PROMPTS, request(), token, prompt_summary_list, name)
            }
            Kind::QuickConnect => {
                let request = || client.list_quick_connects().instance_id(instance).max_results(PAGE);
                page!(self, cx, QUICK_CONNECTS, request(), token, quick_connect_summary_list, name)
            }
            Kind::HierarchyGroup => {
                let request = || client.list_user_hierarchy_groups().instance_id(instance).max_results(PAGE);
                page!(self, cx, HIERARCHY_GROUPS, request(), token, user_hierarchy_group_summary_list, name)
            }
            Kind::AgentStatus => {
                let request = || client.list_agent_statuses().instance_id(instance).max_results(PAGE);
                page!(self, cx, AGENT_STATUSES, request(), token, agent_status_summary_list, name)
            }
            _ => self.connect_document_page(cx, instance, kind, token).await,
        }
    }

    /// Lists documents, whose pages are smaller.
    async fn connect_document_page(
        &self,
        cx: &Context,
        instance: &str,
        kind: Kind,
        token: Option<String>,
    ) -> Result<(Vec<(String, String)>, Option<String>)> {
        let client = &self.connect;
        match kind {
            Kind::View => {
                let request = || client.list_views().instance_id(instance).max_results(100);
                page!(self, cx, VIEWS, request(), token, views_summary_list, name)
            }
            Kind::TaskTemplate => {
                let request = || client.list_task_templates().instance_id(instance).max_results(100);
                page!(self, cx, TASK_TEMPLATES, request(), token, task_templates, name)
            }
            Kind::EvaluationForm => {
                let list =
                    || client.list_evaluation_forms().instance_id(instance).max_results(100).set_next_token(token.clone()).send();
                let page = self.call(cx, EVALUATION_FORMS, list).await?;
                let forms = page.evaluation_form_summary_list.into_iter();
                Ok((forms.map(|form| (form.evaluation_form_id, form.title)).collect(), page.next_token))
            }
            _ => {
                let list = || client.list_rules().instance_id(instance).max_results(200).set_next_token(token.clone()).send();
                let page = self.call(cx, RULES, list).await?;
                let rules = page.rule_summary_list.into_iter();
                Ok((rules.map(|rule| (rule.rule_id, rule.name)).collect(), page.next_token))
            }
        }
    }

    /// Waits until all of these names are listed and returns the resources of this kind.
    ///
    /// # Errors
    /// `Invalid` when one of them does not appear; the message names it and the existing ones.
    pub(super) async fn wait_for_connect_names(
        &self,
        cx: &Context,
        instance: &str,
        kind: Kind,
        names: &[&str],
    ) -> Result<NameIndex> {
        let mut seen = NameIndex::default();
        let looked = wait::poll_until(cx, kind.as_str(), LISTED_WITHIN, || async {
            let listed = self.connect_names(cx, instance, kind).await?;
            Ok(match listed.missing(names).first() {
                None => Break(listed),
                Some(name) => Continue(format!("{name} is not listed")),
            })
        });
        match looked.await {
            Err(error) if error.class == ErrorClass::NotVisibleYet => {
                seen.by_id = self.connect_names(cx, instance, kind).await?.by_id;
            }
            other => return other,
        }
        let Some(missing) = seen.missing(names).first().copied() else { return Ok(seen) };
        let known: Vec<&str> = seen.by_id.values().map(String::as_str).collect();
        let message = format!("the instance has no {} called {missing:?}", kind.as_str());
        let help = match known.is_empty() {
            true => format!("it has no {} at all", kind.as_str()),
            false => format!("it has {}", known.join(", ")),
        };
        Err(Error::new(ErrorClass::Invalid, message).with_help(help))
    }

    /// Returns the ID of the resource with this name.
    ///
    /// # Errors
    /// As [`Provider::wait_for_connect_names`].
    pub(super) async fn connect_id(&self, cx: &Context, instance: &str, kind: Kind, name: &str) -> Result<String> {
        let names = self.wait_for_connect_names(cx, instance, kind, &[name]).await?;
        names.id(name).map(str::to_owned).ok_or_else(|| Error::local(format!("{name:?} was listed without an id")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deleted_resource_is_named_by_its_id() {
        let names = NameIndex { by_id: BTreeMap::from([("1".to_owned(), "Basic Hours".to_owned())]) };
        assert_eq!((names.name("1"), names.name("2")), ("Basic Hours", "2"));
        assert_eq!((names.id("Basic Hours"), names.id("1")), (Some("1"), None));
        assert_eq!(names.missing(&["Basic Hours", "Support"]), ["Support"]);
    }

    #[test]
    fn every_resource_of_a_name_is_returned() {
        let pairs = [("1", "Call back"), ("2", "Other"), ("3", "Call back")];
        let names = NameIndex { by_id: pairs.map(|(id, name)| (id.to_owned(), name.to_owned())).into() };
        assert_eq!(names.ids("Call back").collect::<Vec<_>>(), ["1", "3"]);
        assert_eq!(names.ids("None").count(), 0);
    }
}
