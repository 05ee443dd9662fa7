//! A single simulated call of a flow that is not deployed.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::instance::SimulatedInstance;
use super::model::{FileRef, Functions, Given};
use crate::flow_type::FlowType;
use crate::interpret::{Call, Caller, Key, LoadedFlow, Transcript, call};
use crate::model::Flow;

/// Preconditions and caller input of a dry run.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct DryRun {
    /// Preconditions of the call.
    pub given: Given,
    /// Sections of the preconditions that the script contains.
    pub given_parts: Vec<String>,
    /// Reactions of the caller to requests for keys.
    pub keys: Vec<Key>,
}

/// Result of a dry run.
#[derive(Debug, Clone, PartialEq)]
pub struct DryRunResult {
    /// Transcript of the call.
    pub transcript: Transcript,
    /// Resources that the flow requested and nothing defines.
    pub missing: Vec<String>,
    /// Preconditions that do not fit the flow.
    pub unusable: Vec<String>,
}

impl DryRun {
    /// Returns the files of other flows that it refers to, by their keys.
    pub fn files(&self) -> impl Iterator<Item = (&str, &FileRef)> {
        self.given.flows.iter().map(|(key, file)| (key.as_str(), file))
    }

    /// Calls a flow of this name. `flows` are those it may lead to, by their keys. A function without a defined response is
    /// the real one, if there are real ones.
    pub async fn run(
        &self,
        (name, flow): (&str, Arc<Flow>),
        flows: &BTreeMap<String, Arc<Flow>>,
        real: Option<&dyn Functions>,
        caller: &mut dyn Caller,
    ) -> DryRunResult {
        let stage = SimulatedInstance::new(&self.given, flows, real).with_real_functions_by_default();
        let request = Call {
            from: self.given.caller.clone(),
            to: self.given.called.clone(),
            attributes: self.given.attributes.clone(),
            ..Call::default()
        };
        let flow_type = flow.recorded_type().and_then(FlowType::from_name).unwrap_or(FlowType::ContactFlow);
        let loaded = LoadedFlow { arn: name.to_owned(), name: name.to_owned(), flow_type, flow };
        let transcript = call(&stage, caller, loaded, &request).await;
        DryRunResult { transcript, missing: stage.missing(), unusable: stage.unusable() }
    }
}
