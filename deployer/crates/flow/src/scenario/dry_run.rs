//! One call of a flow that is deployed nowhere.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Functions;
use super::model::{FileRef, Given};
use super::instance::SimulatedInstance;
use crate::check::FlowType;
use crate::interpret::{Call, Caller, Key, LoadedFlow, Transcript, call};
use crate::model::Flow;

/// What holds in a call that is only tried, and what the caller does.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct DryRun {
    /// What holds before the call.
    pub given: Given,
    /// The parts of it that the script names.
    pub given_parts: Vec<String>,
    /// What the caller does when keys are expected.
    pub keys: Vec<Key>,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Rehearsed {
    /// The call.
    pub transcript: Transcript,
    /// What the flow asked for and nobody has given.
    pub missing: Vec<String>,
    /// What is given and does not fit the flow.
    pub unfit: Vec<String>,
}

impl DryRun {
    /// The files of other flows that it names, by their keys.
    pub fn files(&self) -> impl Iterator<Item = (&str, &FileRef)> {
        self.given.flows.iter().map(|(key, file)| (key.as_str(), file))
    }

    /// Calls a flow of this name. `flows` are those it may lead to, by their keys. A function for which no answer is given is
    /// the real one, where there are real ones.
    pub async fn run(
        &self,
        (name, flow): (&str, Arc<Flow>),
        flows: &BTreeMap<String, Arc<Flow>>,
        real: Option<&dyn Functions>,
        caller: &mut dyn Caller,
    ) -> Rehearsed {
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
        Rehearsed { transcript, missing: stage.missing(), unfit: stage.unfit() }
    }
}
