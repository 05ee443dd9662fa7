//! Reading of outputs of other environments from their states.

use std::collections::BTreeMap;

use deployer_engine::{EventSink, Expr, Reference as Output, State};
use deployer_spec::{Code, Diagnostic, Diagnostics, Provider, Reference};
use deployer_stack::BuildInputs;
use serde_json::Value;

use crate::failure::Failure;
use crate::project::{Project, entry_of, invalid_spec};
use crate::runtime::Cloud;

/// Another environment with its recorded state.
struct Other {
    project: Project,
    inputs: BuildInputs,
    state: Option<State>,
}

impl Project {
    /// Reads the outputs of other environments that the spec refers to from their states. Changes nothing, takes no lease, creates nothing.
    ///
    /// # Errors
    /// A state cannot be read; or, all at once, outputs of what is not deployed or what an unfinished run may still change.
    pub(crate) async fn read_outputs_of_others(&mut self) -> Result<(), Failure> {
        let mut others: BTreeMap<String, Other> = BTreeMap::new();
        let (mut found, mut faults) = (BTreeMap::new(), Vec::new());
        for (path, named) in self.spec.outputs_of_others() {
            let environment = named.environment.as_ref().map(ToString::to_string).unwrap_or_default();
            if !others.contains_key(&environment) {
                others.insert(environment.clone(), Other::open(&environment).await?);
            }
            match others.get(&environment).map(|other| other.value(&environment, named)) {
                Some(Ok(value)) => drop(found.insert(named.to_string(), value)),
                Some(Err(fault)) => faults.push(fault.with_path(path)),
                None => {}
            }
        }
        if !faults.is_empty() {
            return Err(invalid_spec(&Diagnostics::new(faults, &self.sources)));
        }
        self.outputs = found;
        Ok(())
    }
}

impl Other {
    async fn open(environment: &str) -> Result<Self, Failure> {
        let project = Project::load_spec(environment)?;
        let (account, region) = (project.spec.provider.account().to_string(), project.spec.provider.region().to_string());
        let inputs = BuildInputs { account, region, ..BuildInputs::default() };
        // Opening an embedded AWS that does not exist would create it.
        if matches!(project.spec.provider, Provider::Embedded(_)) && !project.embedded_directory().is_dir() {
            return Ok(Self { project, inputs, state: None });
        }
        let cloud = Cloud::open(&project).await?;
        let state = cloud.engine(&project, Default::default(), EventSink::ignore())?.state().await?;
        Ok(Self { project, inputs, state })
    }

    fn value(&self, environment: &str, named: &Reference) -> Result<String, Diagnostic> {
        let fault = |message: String| {
            let fault = Diagnostic::new(Code::Dangling, named.span, message);
            fault.help(format!("deployer apply --env {environment}"))
        };
        let output = match deployer_stack::reference_in(&self.project.spec, &self.inputs, &entry_of(named)) {
            Some(Expr::Output(output)) => output,
            Some(Expr::Value(value)) => return Ok(text(&value)),
            _ => return Err(fault(format!("`${{{named}}}` names nothing"))),
        };
        recorded(environment, self.state.as_ref(), &output).map_err(|why| fault(format!("`${{{named}}}` {why}")))
    }
}

/// Returns a recorded output of the environment, or the reason for which there is none to rely on.
fn recorded(environment: &str, state: Option<&State>, output: &Output) -> Result<String, String> {
    if state.is_some_and(|state| state.intent.is_some()) {
        return Err(format!("may still change: a run of the environment `{environment}` is not finished"));
    }
    let value = state.and_then(|state| state.resources.get(&output.address)?.outputs.get(&output.output));
    value
        .map(text)
        .ok_or_else(|| format!("does not exist: {} of the environment `{environment}` is not deployed", output.address))
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use deployer_engine::{Address, EnvironmentId, Intent};

    use super::*;

    #[test]
    fn unfinished_run_may_change_outputs() {
        let [project, environment, account, region] = ["shop", "shared", "111122223333", "us-east-1"].map(str::to_owned);
        let mut state = State::new(&EnvironmentId { project, environment, account, region }, uuid::Uuid::nil());
        let output = Output { address: Address::new("table", "calls"), output: "arn".to_owned() };
        let why = recorded("shared", Some(&state), &output).expect_err("nothing is deployed");
        assert!(why.contains("table.calls") && why.contains("not deployed"), "{why}");
        assert_eq!(recorded("shared", None, &output), Err(why));
        state.intent = Some(Intent {
            run: uuid::Uuid::nil(),
            command: "apply".to_owned(),
            since: time::OffsetDateTime::UNIX_EPOCH,
            pending: BTreeMap::new(),
        });
        let why = recorded("shared", Some(&state), &output).expect_err("a run is not finished");
        assert!(why.contains("not finished"), "{why}");
    }
}
