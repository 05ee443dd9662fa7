//! Tests of flows: preconditions, caller input, expectations.
//!
//! A test file is YAML. The crate opens no file: the caller of a [`Suite`] passes it the flows that it refers to
//! ([`Suite::files`]).

mod assertions;
pub(crate) mod contact_centre;
mod coverage;
mod dry_run;
mod dtmf;
mod export;
mod export_call;
mod fault;
mod given;
mod instance;
mod junit;
mod model;
pub(crate) mod phone;
mod read;
mod reader;
mod report;
mod stubs;
mod tree;

use std::collections::BTreeMap;
use std::sync::Arc;

pub use coverage::{ActionCoverage, BranchCoverage, Coverage};
pub use dry_run::{DryRun, DryRunResult};
pub use export::TestCase;
pub use fault::TestFileError;
pub use junit::{JunitCase, junit, junit_of};
pub use model::{
    AnswerKind, BotAnswer, Case, Expect, ExpectedInvocations, FileRef, Files, FunctionAnswer, Functions, Given, GivenQueue,
    Hours, PercentSource, Suite,
};
pub use read::{dry_run, suite};
pub use report::{Outcome, Report};

use crate::flow_type::FlowType;
use crate::interpret::{Call, LoadedFlow, Script, Transcript, call};
use crate::model::Flow;
use crate::named::{SymbolicName, key_of};
use crate::resource_kind::ResourceKind;
use coverage::Collector;
use instance::SimulatedInstance;

impl Suite {
    /// Returns the flow files that the tests refer to, the called flow first.
    #[must_use]
    pub fn files(&self) -> Vec<&FileRef> {
        let mut files = vec![&self.flow];
        for file in self.cases.iter().flat_map(|case| case.given.flows.values()) {
            if !files.iter().any(|known| known.path == file.path) {
                files.push(file);
            }
        }
        files
    }

    /// Whether a test requests real functions.
    #[must_use]
    pub fn needs_real_functions(&self) -> bool {
        let answers = self.cases.iter().flat_map(|case| case.given.functions.values()).flatten();
        answers.into_iter().any(|answer| answer.kind == AnswerKind::Real)
    }

    /// Runs all tests. A flow that is not in `files` is missing in the calls that need it.
    pub async fn run(&self, files: &Files, real: Option<&dyn Functions>) -> Report {
        let mut collector = Collector::default();
        let mut outcomes = Vec::new();
        for case in &self.cases {
            let outcome = self.run_case(case, files, real).await;
            collector.add(&outcome.transcript);
            outcomes.push(outcome);
        }
        let coverage = self.files().into_iter().filter_map(|file| {
            let flow = files.get(&file.path)?;
            Some((file.path.clone(), collector.of(&file.path, flow)))
        });
        Report { outcomes, coverage: coverage.collect() }
    }

    async fn run_case(&self, case: &Case, files: &Files, real: Option<&dyn Functions>) -> Outcome {
        // Every flow is identified by its path, so that coverage finds it; the keys of the test refer to these paths.
        let named = case.given.flows.iter().filter_map(|(key, file)| Some((key.clone(), Arc::clone(files.get(&file.path)?))));
        let flows: BTreeMap<String, Arc<Flow>> = named.collect();
        let stage = SimulatedInstance::new(&case.given, &flows, real);
        let mut caller = Script::new(case.keys.iter().copied());
        let Some(flow) = files.get(&self.flow.path) else {
            let unmet = vec![format!("the flow {} was not read", self.flow.path)];
            let test_case = Err("the flow was not read".to_owned());
            return Outcome { name: case.name.clone(), failures: unmet, transcript: Transcript::default(), test_case };
        };
        let request = Call {
            from: case.given.caller.clone(),
            to: case.given.called.clone(),
            attributes: case.given.attributes.clone(),
            ..Call::default()
        };
        let mut transcript = call(&stage, &mut caller, self.loaded(flow), &request).await;
        for step in &mut transcript.path {
            if let Some(file) = case.given.flows.get(&step.flow) {
                step.flow.clone_from(&file.path);
            }
        }
        let left: Vec<_> = caller.remaining_keys().collect();
        let invocations = stage.invocations();
        let mut unmet = assertions::check(&case.expect, &transcript, &invocations, &left);
        unmet.extend(stage.missing().into_iter().map(|what| format!("the flow asks for what the test does not give: {what}")));
        unmet.extend(stage.unusable());
        let ran = |id: &String| transcript.path.iter().any(|step| step.id == *id);
        let idle = |id: &String, which: &str| (!ran(id)).then(|| format!("the action \"{id}\", {which}, did not run"));
        unmet.extend(case.given.fails.keys().filter_map(|id| idle(id, "which is to fail")));
        unmet.extend(case.given.results.keys().filter_map(|id| idle(id, "whose result is given")));
        let seen = export_call::CallFacts {
            invoked: transcript.lambda.iter().map(|call| call.function.clone()).collect(),
            missing: stage.missing(),
            left: left.len(),
            timeline: stage.timeline(),
        };
        let test_case = export::test_case(case, &transcript, &self.reference(), &seen);
        Outcome { name: case.name.clone(), failures: unmet, transcript, test_case }
    }

    /// Returns a reference to the called flow by the name of its file.
    fn reference(&self) -> SymbolicName {
        let file = self.flow.path.rsplit(['/', '\\']).next().unwrap_or_default();
        let stem = file.rsplit_once('.').map_or(file, |(stem, _)| stem);
        SymbolicName::arn(ResourceKind::Flow, key_of(ResourceKind::Flow, stem))
    }

    fn loaded(&self, flow: &Arc<Flow>) -> LoadedFlow {
        LoadedFlow {
            arn: self.flow.path.clone(),
            name: self.flow.path.clone(),
            flow_type: flow.recorded_type().and_then(FlowType::from_name).unwrap_or(FlowType::ContactFlow),
            flow: Arc::clone(flow),
        }
    }
}
