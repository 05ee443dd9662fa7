//! Resolves the references in a test case by the environment's state.

use std::collections::BTreeMap;

use deployer_engine::{Address, EventSink};
use deployer_flow::{ResourceKind, Segment, SymbolicName, segments};
use deployer_stack::{ExistingInstance, InstanceSection, meant};
use serde_json::Value;

use super::super::suites::LoadedSuite;
use crate::failure::Failure;
use crate::project::Project;
use crate::runtime::Cloud;

pub(super) struct Resolver<'p> {
    project: &'p Project,
    environment: &'p str,
    outputs: BTreeMap<Address, Value>,
    instance: String,
    existing: Option<ExistingInstance>,
}

impl<'p> Resolver<'p> {
    /// # Errors
    /// Fails if there is no instance to execute tests on.
    pub(super) async fn open(project: &'p Project, cloud: &Cloud, environment: &'p str) -> Result<Self, Failure> {
        let state = cloud.engine(project, Default::default(), EventSink::ignore())?.state().await?;
        let outputs = state.as_ref().map(|state| state.outputs()).unwrap_or_default();
        let instance = cloud.instance_outputs(state.as_ref());
        let id = instance.and_then(|found| found["id"].as_str().map(str::to_owned));
        let instance = id.ok_or_else(|| {
            Failure::input(format!("the environment {environment} has no deployed instance"))
                .help(format!("deployer apply --env {environment}"))
        })?;
        Ok(Self { project, environment, outputs, instance, existing: cloud.existing.clone() })
    }

    pub(super) fn instance(&self) -> &str {
        &self.instance
    }

    /// Returns a content with every reference resolved.
    ///
    /// # Errors
    /// Fails for a reference to an unknown or undeployed resource.
    pub(super) fn resolved(&self, value: &Value) -> Result<Value, String> {
        Ok(match value {
            Value::String(text) => Value::String(self.text(text)?),
            Value::Array(items) => Value::Array(items.iter().map(|item| self.resolved(item)).collect::<Result<_, _>>()?),
            Value::Object(members) => {
                let resolved = members.iter().map(|(name, member)| Ok((name.clone(), self.resolved(member)?)));
                Value::Object(resolved.collect::<Result<_, String>>()?)
            }
            other => other.clone(),
        })
    }

    fn text(&self, text: &str) -> Result<String, String> {
        let one = |piece: Segment<'_>| match piece {
            Segment::Text(text) => Ok(text.into_owned()),
            Segment::Symbol(symbol) => self.named(symbol),
        };
        segments(text).into_iter().map(one).collect()
    }

    fn named(&self, symbol: &str) -> Result<String, String> {
        let named =
            SymbolicName::parse(symbol).ok_or_else(|| format!("${{{symbol}}} names nothing that a test case can name"))?;
        if let (ResourceKind::Bot, Some(connect)) = (named.kind, &self.project.spec.connect) {
            let bot = connect.bots.iter().find(|(key, _)| key.as_str() == named.key);
            return bot.map(|(_, bot)| bot.alias_arn.clone()).ok_or_else(|| format!("the spec has no bot {}", named.key));
        }
        let kind = match named.kind {
            ResourceKind::Lambda => "function",
            ResourceKind::Queue => "queue",
            ResourceKind::Flow => "flow",
            ResourceKind::Module => "module",
            ResourceKind::Hours => "hours",
            ResourceKind::Agent => "user",
            ResourceKind::Prompt => "prompt",
            _ => return Err(format!("${{{symbol}}} is nothing that the environment deploys")),
        };
        self.output(kind, &named.key, &named.value)
    }

    fn output(&self, kind: &str, key: &str, output: &str) -> Result<String, String> {
        let found = self.outputs.get(&Address::new(kind, key)).and_then(|found| found[output].as_str()).map(str::to_owned);
        let environment = self.environment;
        let in_instance = || in_instance(self.existing.as_ref()?, kind, key, output);
        found.or_else(in_instance).ok_or_else(|| format!("the {kind} {key} of the environment {environment} is not deployed"))
    }

    /// Returns the ID of the flow that a suite calls: the one in the spec with the same file.
    pub(super) fn flow(&self, loaded: &LoadedSuite) -> Result<String, String> {
        let own = |path: &std::path::Path| path.canonicalize().ok();
        let called = own(&loaded.called);
        let same = |file: &crate::project::FlowFile| called.is_some() && own(&file.path) == called;
        let found = self.project.flows.iter().find(|(_, file)| same(file)).map(|(key, _)| key);
        let key = found.ok_or_else(|| {
            format!("the spec of the environment {} has no flow of the file {}", self.environment, loaded.called.display())
        })?;
        self.output("flow", key, "id")
    }
}

/// Returns the ID or ARN of a resource that an existing instance has and the spec does not declare.
fn in_instance(existing: &ExistingInstance, kind: &str, written: &str, output: &str) -> Option<String> {
    let word = if kind == "hours" { kind.to_owned() } else { format!("{kind}s") };
    let section = InstanceSection::from_word(&word)?;
    let found = meant(existing.names.get(&section)?, section, written)?;
    Some(if output == "id" { found.id.clone() } else { found.arn.clone() })
}
