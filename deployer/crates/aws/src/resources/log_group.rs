//! A CloudWatch log group with its retention.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use aws_sdk_cloudwatchlogs::types::LogGroup as Group;
use deployer_engine::{Context, Live, Lookup, PhysicalId, PropertyPath, Resource, ResourceDefinition, Result, TagOwner};
use deployer_resources::{LogGroupOutputs, LogGroupProperties};
use serde_json::{Map, Value};

use super::{outputs, text};
use crate::call::{Operation, collect_pages};
use crate::errors::OptionalExt;
use crate::integer::{signed, unsigned};
use crate::permissions::{Permission, Permissions, named, operation_permissions};
use crate::provider::Provider;
use crate::tags::{self, Tags};

type GroupLive = Live<LogGroupProperties, LogGroupOutputs>;

const DESCRIBE: Operation = Operation::read("logs", "DescribeLogGroups");
const LIST_TAGS: Operation = Operation::read("logs", "ListTagsForResource");
const CREATE: Operation = Operation::create("logs", "CreateLogGroup");
const RETAIN: Operation = Operation::idempotent("logs", "PutRetentionPolicy");
const RETAIN_ALL: Operation = Operation::idempotent("logs", "DeleteRetentionPolicy");
const TAG: Operation = Operation::idempotent("logs", "TagResource");
const UNTAG: Operation = Operation::idempotent("logs", "UntagResource");
const DELETE: Operation = Operation::idempotent("logs", "DeleteLogGroup");

/// Maximum page size (API reference, DescribeLogGroups).
const PAGE: i32 = 50;

/// The result of a list of groups. Lists are sorted by name (API reference, DescribeLogGroups: "ASCII-sorted by log group name").
struct Listed {
    groups: BTreeMap<String, Group>,
    /// The last name that the list reached; `None` if it covers all requested names.
    until: Option<String>,
}

/// The resource type `logs.group`.
pub struct LogGroup(pub(crate) Arc<Provider>);

impl LogGroup {
    fn arn(&self, name: &str) -> String {
        self.0.arn("logs", &format!("log-group:{name}"))
    }

    /// Returns the group, from the shared list of all requested groups as far as it reaches.
    async fn group(&self, cx: &Context, name: &str) -> Result<Option<Group>> {
        if let Some(names) =
            cx.observed_names(<Self as Resource>::Definition::TYPE).filter(|names| names.len() > 1 && names.contains(name))
        {
            let listed = cx.cached("logs:DescribeLogGroups", || self.listed(cx, names)).await?;
            if listed.until.as_deref().is_none_or(|until| name <= until) {
                return Ok(listed.groups.get(name).cloned());
            }
        }
        self.described(cx, name).await
    }

    /// Lists the groups with these names page by page, as long as each page has one of them.
    async fn listed(&self, cx: &Context, names: &BTreeSet<String>) -> Result<Listed> {
        let (prefix, last) = (common_prefix(names), names.last());
        let (mut groups, mut token) = (BTreeMap::new(), None);
        loop {
            let describe = || {
                let request = self.0.logs.describe_log_groups().set_log_group_name_prefix(prefix.clone()).limit(PAGE);
                request.set_next_token(token.clone()).send()
            };
            let page = self.0.call(cx, DESCRIBE, describe).await?;
            let before = groups.len();
            let mut until = None;
            for group in page.log_groups.unwrap_or_default() {
                until.clone_from(&group.log_group_name);
                if let Some(name) = until.clone().filter(|name| names.contains(name)) {
                    groups.insert(name, group);
                }
            }
            token = page.next_token.filter(|_| until.as_ref() < last);
            if token.is_none() {
                return Ok(Listed { groups, until: None });
            }
            if groups.len() == before {
                return Ok(Listed { groups, until: Some(until.unwrap_or_default()) });
            }
        }
    }

    async fn described(&self, cx: &Context, name: &str) -> Result<Option<Group>> {
        let groups = collect_pages(|token| async move {
            let describe = || self.0.logs.describe_log_groups().log_group_name_prefix(name).set_next_token(token.clone()).send();
            let page = self.0.call(cx, DESCRIBE, describe).await?;
            let exact = |group: &Group| group.log_group_name.as_deref() == Some(name);
            let found: Vec<Group> = page.log_groups.unwrap_or_default().into_iter().filter(exact).collect();
            // A prefix may match hundreds of groups; after the exact match no further page is needed.
            let next = page.next_token.filter(|_| found.is_empty());
            Ok((found, next))
        });
        Ok(groups.await?.pop())
    }

    async fn tags(&self, cx: &Context, name: &str) -> Result<Option<Tags>> {
        let arn = self.arn(name);
        let list = || self.0.logs.list_tags_for_resource().resource_arn(&arn).send();
        Ok(self.0.call(cx, LIST_TAGS, list).await.optional()?.map(|listed| tags::readable(listed.tags)))
    }

    fn live(&self, name: &str, group: &Group, tags: Tags) -> GroupLive {
        let properties = LogGroupProperties {
            name: name.to_owned(),
            retention_days: group.retention_in_days.map(unsigned),
            deletion_protection: group.deletion_protection_enabled == Some(true),
            tags,
        };
        let outputs = LogGroupOutputs { arn: self.arn(name), name: name.to_owned() };
        Live { id: PhysicalId(name.to_owned()), properties, outputs }
    }

    async fn retain(&self, cx: &Context, name: &str, days: Option<u32>) -> Result<()> {
        let client = &self.0.logs;
        match days {
            Some(days) => {
                let put = || client.put_retention_policy().log_group_name(name).retention_in_days(signed(days)).send();
                self.0.call(cx, RETAIN, put).await.map(drop)
            }
            None => {
                let delete = || client.delete_retention_policy().log_group_name(name).send();
                self.0.call(cx, RETAIN_ALL, delete).await.map(drop)
            }
        }
    }
}

/// Returns the common prefix of all names; `None` if it is empty, which a request cannot express otherwise.
fn common_prefix(names: &BTreeSet<String>) -> Option<String> {
    // The names are sorted: the common prefix of the first and the last is that of all.
    let (first, last) = (names.first()?, names.last()?);
    let common: String = first.chars().zip(last.chars()).take_while(|(a, b)| a == b).map(|(a, _)| a).collect();
    Some(common).filter(|common| !common.is_empty())
}

impl Permissions for LogGroup {
    fn permissions(provider: &Provider, wanted: &Value) -> Vec<Permission> {
        let group = provider.arn("logs", &format!("log-group:{}", named(wanted, "name")));
        let own = [CREATE, RETAIN, RETAIN_ALL, LIST_TAGS, TAG, UNTAG, DELETE];
        // Some actions are authorized on the group with an empty stream after its name.
        [
            operation_permissions(&[DESCRIBE], "*"),
            operation_permissions(&own, &group),
            operation_permissions(&own, &format!("{group}:*")),
        ]
        .concat()
    }

    fn plan_permissions(provider: &Provider, wanted: &Value) -> Vec<Permission> {
        let group = provider.arn("logs", &format!("log-group:{}", named(wanted, "name")));
        [operation_permissions(&[DESCRIBE], "*"), operation_permissions(&[LIST_TAGS], &group)].concat()
    }
}

impl Resource for LogGroup {
    type Definition = deployer_resources::LogGroup;

    fn predict(&self, wanted: &Value) -> Map<String, Value> {
        let Some(name) = text(wanted, "name") else { return Map::new() };
        outputs([("arn", self.arn(name)), ("name", name.to_owned())])
    }

    async fn read(&self, cx: &Context, id: &PhysicalId, _hint: &LogGroupProperties) -> Result<Option<GroupLive>> {
        let name = id.as_str();
        let (Some(group), Some(tags)) = futures::try_join!(self.group(cx, name), self.tags(cx, name))? else { return Ok(None) };
        // Another group may have taken the name by now; it is not the recorded one.
        Ok(Some(self.live(name, &group, tags)))
    }

    async fn owner(&self, cx: &Context, live: &GroupLive) -> Result<TagOwner> {
        Ok(tags::owner(&live.properties.tags, cx))
    }

    async fn find(&self, cx: &Context, wanted: &LogGroupProperties) -> Result<Lookup<GroupLive>> {
        let name = wanted.name.as_str();
        let Some(group) = self.group(cx, name).await? else { return Ok(Lookup::NotFound) };
        let Some(tags) = self.tags(cx, name).await? else { return Ok(Lookup::NotFound) };
        let live = self.live(name, &group, tags);
        Ok(tags::found(cx, &live.properties.tags.clone(), live))
    }

    async fn create(&self, cx: &Context, wanted: &LogGroupProperties) -> Result<GroupLive> {
        let tags = tags::to_sdk(&wanted.tags);
        let create = || self.0.logs.create_log_group().log_group_name(&wanted.name).set_tags(Some(tags.clone())).send();
        self.0.call(cx, CREATE, create).await?;
        if wanted.retention_days.is_some() {
            self.retain(cx, &wanted.name, wanted.retention_days).await?;
        }
        let outputs = LogGroupOutputs { arn: self.arn(&wanted.name), name: wanted.name.clone() };
        Ok(Live { id: PhysicalId(wanted.name.clone()), properties: wanted.clone(), outputs })
    }

    async fn update(
        &self,
        cx: &Context,
        live: &GroupLive,
        wanted: &LogGroupProperties,
        _changed: &[PropertyPath],
    ) -> Result<GroupLive> {
        if live.properties.retention_days != wanted.retention_days {
            self.retain(cx, &wanted.name, wanted.retention_days).await?;
        }
        let change = tags::change(&live.properties.tags, &wanted.tags);
        let (client, arn) = (&self.0.logs, &live.outputs.arn);
        if !change.set.is_empty() {
            let set = tags::to_sdk(&change.set);
            self.0.call(cx, TAG, || client.tag_resource().resource_arn(arn).set_tags(Some(set.clone())).send()).await?;
        }
        if !change.remove.is_empty() {
            let keys = change.remove;
            self.0.call(cx, UNTAG, || client.untag_resource().resource_arn(arn).set_tag_keys(Some(keys.clone())).send()).await?;
        }
        Ok(Live { properties: wanted.clone(), ..live.clone() })
    }

    async fn delete(&self, cx: &Context, id: &PhysicalId, _recorded: &LogGroupProperties) -> Result<()> {
        let delete = || self.0.logs.delete_log_group().log_group_name(id.as_str()).send();
        self.0.call(cx, DELETE, delete).await.optional().map(drop)
    }
}
