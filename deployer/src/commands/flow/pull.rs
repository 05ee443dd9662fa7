//! Read-only export of a flow from an instance, with the instance's names for the resources that the flow refers to.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_connect::Client;
use aws_sdk_connect::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};
use deployer_engine::{EventSink, State};
use deployer_flow::{Flow, ResourceKind, arns};

use crate::failure::Failure;
use crate::project::Project;
use crate::runtime::Cloud;

/// The flow to export.
pub(super) struct FlowSelector<'a> {
    pub(super) environment: &'a str,
    /// Another instance than the environment's.
    pub(super) instance: Option<&'a str>,
    pub(super) name: &'a str,
    pub(super) module: bool,
}

/// A flow from an instance.
pub(super) struct Pulled {
    pub(super) flow: Flow,
    /// Names by ARN of the resources that the flow refers to.
    pub(super) names: BTreeMap<String, String>,
    /// Notes for the user.
    pub(super) about: String,
}

pub(super) async fn pull(wanted: &FlowSelector<'_>) -> Result<Pulled, Failure> {
    let project = Project::load_for_state(wanted.environment)?;
    let cloud = Cloud::open(&project).await?;
    let state = cloud.engine(&project, Default::default(), EventSink::ignore())?.state().await?;
    let instance = match wanted.instance {
        Some(id) => id.to_owned(),
        None => deployed_instance(&cloud, state.as_ref(), wanted.environment)?,
    };
    let source = Source { client: cloud.connect(), instance };
    let listed = if wanted.module { source.modules().await? } else { source.flows().await? };
    let what = if wanted.module { "flow module" } else { "flow" };
    let id = listed.iter().find(|one| one.name == wanted.name).map(|one| one.id.clone()).ok_or_else(|| {
        let mut names: Vec<&str> = listed.iter().map(|one| one.name.as_str()).collect();
        names.sort_unstable();
        let has = if names.is_empty() { format!("no {what}s at all") } else { names.join(", ") };
        Failure::input(format!("the instance {} has no {what} called \"{}\"", source.instance, wanted.name))
            .help(format!("it has {has}"))
    })?;
    let (content, mut about) = if wanted.module { source.module(&id).await? } else { source.flow(&id).await? };
    let flow = Flow::parse(&content).map_err(|error| Failure::new(format!("the {what} {}: {error}", wanted.name)))?;
    let arns = arns(&flow);
    let (mut names, unknown) = source.names(&arns, listed).await;
    // What the spec declares is referred to by its key there, whatever its name in AWS.
    let declared = state.iter().flat_map(|state| &state.resources);
    let keys = declared.flat_map(|(address, record)| {
        let output = |name: &str| record.outputs[name].as_str().map(|value| (value.to_owned(), address.name().to_owned()));
        [output("arn"), output("id")].into_iter().flatten()
    });
    names.extend(keys.filter(|(value, _)| arns.contains_key(value)));
    about.extend(unknown);
    let about = about.iter().map(|line| format!("{line}\n")).collect();
    Ok(Pulled { flow, names, about })
}

fn deployed_instance(cloud: &Cloud, state: Option<&State>, environment: &str) -> Result<String, Failure> {
    if let Some(missing) = &cloud.missing_instance {
        return Err(missing.clone());
    }
    let outputs = cloud.instance_outputs(state);
    let id = outputs.as_ref().and_then(|found| found["id"].as_str());
    id.map(str::to_owned).ok_or_else(|| {
        Failure::input(format!("the environment {environment} has no deployed instance"))
            .help(format!("deployer apply --env {environment}, or name an instance of its account with --instance ID"))
    })
}

/// An entry of a list.
struct Listed {
    id: String,
    arn: String,
    name: String,
}

impl Listed {
    fn of(id: Option<&str>, arn: Option<&str>, name: Option<&str>) -> Self {
        let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
        Self { id: text(id), arn: text(arn), name: text(name) }
    }
}

struct Source {
    client: Client,
    instance: String,
}

fn failed<E>(what: &str, error: &SdkError<E>) -> Failure
where
    E: std::error::Error + ProvideErrorMetadata + 'static,
{
    Failure::new(match (error.code(), error.message()) {
        (Some(code), message) => format!("{what}: {code}: {}", message.unwrap_or("no message")),
        (None, _) => format!("{what}: {}", DisplayErrorContext(error)),
    })
}

/// Reads all pages of a list.
macro_rules! all {
    ($what:literal, $call:expr, $summaries:ident, $id:ident, $arn:ident, $name:ident) => {{
        let mut found = Vec::new();
        let mut pages = $call.into_paginator().send();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| failed($what, &error))?;
            found.extend(page.$summaries().iter().map(|one| Listed::of(one.$id(), one.$arn(), one.$name())));
        }
        Ok(found)
    }};
}

impl Source {
    async fn flows(&self) -> Result<Vec<Listed>, Failure> {
        all!(
            "ListContactFlows",
            self.client.list_contact_flows().instance_id(&self.instance),
            contact_flow_summary_list,
            id,
            arn,
            name
        )
    }

    async fn modules(&self) -> Result<Vec<Listed>, Failure> {
        let call = self.client.list_contact_flow_modules().instance_id(&self.instance);
        all!("ListContactFlowModules", call, contact_flow_modules_summary_list, id, arn, name)
    }

    async fn queues(&self) -> Result<Vec<Listed>, Failure> {
        all!("ListQueues", self.client.list_queues().instance_id(&self.instance), queue_summary_list, id, arn, name)
    }

    async fn prompts(&self) -> Result<Vec<Listed>, Failure> {
        all!("ListPrompts", self.client.list_prompts().instance_id(&self.instance), prompt_summary_list, id, arn, name)
    }

    async fn hours(&self) -> Result<Vec<Listed>, Failure> {
        let call = self.client.list_hours_of_operations().instance_id(&self.instance);
        all!("ListHoursOfOperations", call, hours_of_operation_summary_list, id, arn, name)
    }

    async fn users(&self) -> Result<Vec<Listed>, Failure> {
        all!("ListUsers", self.client.list_users().instance_id(&self.instance), user_summary_list, id, arn, username)
    }

    async fn views(&self) -> Result<Vec<Listed>, Failure> {
        all!("ListViews", self.client.list_views().instance_id(&self.instance), views_summary_list, id, arn, name)
    }

    /// Returns the published content, or that of the draft if nothing has been published.
    async fn flow(&self, id: &str) -> Result<(String, Vec<String>), Failure> {
        let describe = |id: String| self.client.describe_contact_flow().instance_id(&self.instance).contact_flow_id(id).send();
        let mut notes = Vec::new();
        let answer = match describe(id.to_owned()).await {
            Err(error) if error.code() == Some("ContactFlowNotPublishedException") => {
                notes.push("it has never been published: this is its draft".to_owned());
                describe(format!("{id}:$SAVED")).await
            }
            answer => answer,
        };
        let answer = answer.map_err(|error| failed("DescribeContactFlow", &error))?;
        let flow = answer.contact_flow().ok_or_else(|| Failure::new("DescribeContactFlow gave no flow"))?;
        if let Some(kind) = flow.r#type() {
            notes.insert(0, format!("its type is {}", kind.as_str()));
        }
        Ok((flow.content().unwrap_or_default().to_owned(), notes))
    }

    async fn module(&self, id: &str) -> Result<(String, Vec<String>), Failure> {
        let call = self.client.describe_contact_flow_module().instance_id(&self.instance).contact_flow_module_id(id);
        let answer = call.send().await.map_err(|error| failed("DescribeContactFlowModule", &error))?;
        let module = answer.contact_flow_module().ok_or_else(|| Failure::new("DescribeContactFlowModule gave no module"))?;
        Ok((module.content().unwrap_or_default().to_owned(), Vec::new()))
    }

    /// Returns names by ARN, from one list for each kind of resource in the flow; a list that the instance does not return is reported.
    async fn names(&self, arns: &BTreeMap<String, ResourceKind>, listed: Vec<Listed>) -> (BTreeMap<String, String>, Vec<String>) {
        let kinds: BTreeSet<&str> = arns.values().map(|kind| kind.as_str()).collect();
        let mut all = listed;
        let mut unknown = Vec::new();
        for kind in kinds {
            let list = match kind {
                "queue" => self.queues().await,
                "prompt" => self.prompts().await,
                "hours" => self.hours().await,
                "agent" => self.users().await,
                "view" => self.views().await,
                "flow" => self.flows().await,
                "module" => self.modules().await,
                // Functions have their names in their ARNs; bots theirs in the Metadata.
                _ => Ok(Vec::new()),
            };
            match list {
                Ok(list) => all.extend(list),
                Err(failure) => unknown.push(format!("names of the kind {kind} are not known: {}", failure.message)),
            }
        }
        // A flow may have the ID in place of the ARN.
        let known = all.into_iter().flat_map(|one| [(one.arn, one.name.clone()), (one.id, one.name)]);
        let names = known.filter(|(arn, _)| arns.contains_key(arn));
        (names.collect(), unknown)
    }
}
