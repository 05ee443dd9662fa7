//! What has moved since a plan was saved.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use deployer_engine::{
    Action, Address, Change, ChangeOrigin, Error, ErrorClass, NewValue, PhysicalId, Plan, PlanCheck, PropertyChange, Result,
    State,
};
use serde::Serialize;
use serde_json::Value;

use super::content::{PlanContent, SavedChange};
use super::{Inputs, PlanFile, Program, Subject};
use crate::failure::Failure;

/// Something that is not as it was when the plan was saved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Moved {
    /// `binary`, `environment`, `input`, `state` or `resource`.
    pub(crate) what: &'static str,
    /// Its name: a file of the spec, or an address.
    pub(crate) name: String,
    /// Property of the resource, as a path.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) property: Option<String>,
    pub(crate) message: String,
}

impl Moved {
    fn new(what: &'static str, name: impl Into<String>, message: impl Into<String>) -> Self {
        Self { what, name: name.into(), property: None, message: message.into() }
    }

    fn resource(address: &Address, message: impl Into<String>) -> Self {
        Self::new("resource", address.as_str(), message)
    }

    fn line(&self) -> String {
        let property = self.property.as_ref().map(|path| format!(" {path}")).unwrap_or_default();
        format!("  - {}{property}: {}", self.name, self.message)
    }
}

/// Compares a run with a saved plan, before it touches anything.
#[derive(Debug, Clone)]
pub(crate) struct Guard {
    file: Arc<PlanFile>,
    path: PathBuf,
    moved: Arc<Mutex<Vec<Moved>>>,
}

impl Guard {
    pub(crate) fn new(path: &Path, file: PlanFile) -> Self {
        Self { file: Arc::new(file), path: path.to_owned(), moved: Arc::default() }
    }

    /// Compares what does not need the lease: the program, the environment, the spec and its files.
    ///
    /// # Errors
    /// Fails with everything that has moved.
    pub(crate) fn check_inputs(&self, subject: &Subject, inputs: &Inputs) -> std::result::Result<(), Failure> {
        let mut moved = Vec::new();
        let (program, made_with) = (Program::running()?, &self.file.deployer);
        if program != *made_with {
            let (new, old) = (&program.version, &made_with.version);
            let which = if new == old { "another build of it".to_owned() } else { format!("{old}, and this is {new}") };
            moved.push(Moved::new("binary", "deployer", format!("the plan was made with {which}")));
        }
        moved.extend(subject_moved(&self.file.subject, subject));
        moved.extend(inputs_moved(&self.file.inputs, &inputs.0));
        match moved.is_empty() {
            true => Ok(()),
            false => Err(self.stale(&moved)),
        }
    }

    /// Compares the environment that the command line names.
    ///
    /// # Errors
    /// It is not that of the plan.
    pub(crate) fn check_environment(&self, named: &str) -> std::result::Result<(), Failure> {
        let planned = &self.file.subject.environment;
        if named == planned {
            return Ok(());
        }
        Err(self.stale(&[Moved::new("environment", named, format!("the plan is of the environment {planned}"))]))
    }

    /// Returns the failure of a run that this guard has stopped.
    pub(crate) fn failure(&self) -> Option<Failure> {
        let moved = self.moved.lock().unwrap_or_else(PoisonError::into_inner);
        (!moved.is_empty()).then(|| self.stale(&moved))
    }

    fn stale(&self, moved: &[Moved]) -> Failure {
        let lines: Vec<String> = moved.iter().map(Moved::line).collect();
        let (file, environment) = (self.path.display(), &self.file.subject.environment);
        let destroy = if self.file.request.destroy { " --destroy" } else { "" };
        Failure::stale(format!("{file} is out of date; nothing was changed:\n{}", lines.join("\n")))
            .help(format!("make a new plan and review it: deployer plan{destroy} --env {environment} --out {file}"))
            .details(serde_json::json!({"event": "stale", "plan": file.to_string(), "moved": moved}))
    }

    fn stop(&self, moved: Vec<Moved>) -> Result<()> {
        if moved.is_empty() {
            return Ok(());
        }
        *self.moved.lock().unwrap_or_else(PoisonError::into_inner) = moved;
        Err(Error::new(ErrorClass::Refused, "the saved plan is out of date; nothing was changed"))
    }
}

impl PlanCheck for Guard {
    fn check_state(&self, state: Option<&State>) -> Result<()> {
        let now = state.map(State::identity).transpose()?;
        let message = match (&self.file.state, &now) {
            (planned, now) if planned == now => return Ok(()),
            (None, _) => "there was none, and another run has written it since".to_owned(),
            (Some(_), None) => "it does not exist any more".to_owned(),
            (Some(planned), Some(now)) if planned.lineage_sha256 != now.lineage_sha256 => {
                "it has another history: it was lost and made again, or it is of another environment".to_owned()
            }
            (Some(planned), Some(now)) => {
                format!("another run has written it since: its serial is {}, and was {}", now.serial, planned.serial)
            }
        };
        self.stop(vec![Moved::new("state", "state", message)])
    }

    fn check_plan(&self, plan: &Plan) -> Result<()> {
        let local = |error: serde_json::Error| Error::local(format!("the plan cannot be compared: {error}"));
        let now = PlanContent::of(plan, self.file.state.is_some()).as_read().map_err(local)?;
        let mut moved = changes_moved(&self.file.plan.changes, &now.changes);
        for problem in &plan.problems {
            moved.push(Moved::resource(&problem.address, problem.error.message.clone()));
        }
        if now.external != self.file.plan.external {
            moved.push(Moved::new("resource", "existing resources", "the spec's names are of other ones in AWS now"));
        }
        self.stop(moved)
    }
}

fn subject_moved(planned: &Subject, now: &Subject) -> Vec<Moved> {
    let rows = [
        ("project", &planned.project, &now.project),
        ("environment", &planned.environment, &now.environment),
        ("account", &planned.account, &now.account),
        ("Region", &planned.region, &now.region),
    ];
    let differ = rows.into_iter().filter(|(_, planned, now)| planned != now);
    differ.map(|(what, planned, now)| Moved::new("environment", what, format!("it is {now}, and was {planned}"))).collect()
}

fn inputs_moved(planned: &BTreeMap<String, String>, now: &BTreeMap<String, String>) -> Vec<Moved> {
    let mut moved = Vec::new();
    for (name, digest) in planned {
        match now.get(name) {
            Some(same) if same == digest => {}
            Some(_) => moved.push(Moved::new("input", name, "it has changed")),
            None => moved.push(Moved::new("input", name, "the spec does not name it any more")),
        }
    }
    let new = now.keys().filter(|name| !planned.contains_key(*name));
    moved.extend(new.map(|name| Moved::new("input", name, "the spec names it now")));
    moved
}

/// The changes of a plan: at an address there can be a resource and those that it has superseded.
type Changes<'c> = BTreeMap<(&'c Address, Option<&'c str>), &'c Change>;

fn by_resource(changes: &[SavedChange]) -> Changes<'_> {
    fn key(change: &Change) -> (&Address, Option<&str>) {
        (&change.address, change.id.as_ref().filter(|_| change.superseded).map(PhysicalId::as_str))
    }
    changes.iter().map(|saved| (key(&saved.0), &saved.0)).collect()
}

fn changes_moved(planned: &[SavedChange], now: &[SavedChange]) -> Vec<Moved> {
    let (planned, now) = (by_resource(planned), by_resource(now));
    let mut moved = Vec::new();
    for (key, change) in &now {
        match planned.get(key) {
            Some(before) => moved.extend(change_moved(before, change)),
            None => moved.push(Moved::resource(key.0, format!("now: {}; it was not in the plan", described(change)))),
        }
    }
    let gone = planned.iter().filter(|(key, _)| !now.contains_key(*key));
    moved.extend(gone.map(|(key, change)| Moved::resource(key.0, format!("planned: {}; now nothing", described(change)))));
    moved
}

/// Compares everything of a change that its execution depends on. The other live properties are context for a report.
fn change_moved(planned: &Change, now: &Change) -> Vec<Moved> {
    let without = |change: &Change| Change { live: None, reasons: Vec::new(), ..change.clone() };
    if without(planned) == without(now) {
        return Vec::new();
    }
    let mut moved = Vec::new();
    if planned.action != now.action || planned.replacement != now.replacement {
        let message = format!("now: {}; planned: {}", described(now), described(planned));
        moved.push(Moved::resource(&now.address, message));
    }
    if planned.id != now.id {
        let id = |change: &Change| change.id.as_ref().map_or_else(|| "none".to_owned(), ToString::to_string);
        moved.push(Moved::resource(&now.address, format!("its ID is {}, and was {}", id(now), id(planned))));
    }
    // Of a resource that is to be created, all properties would differ.
    if (planned.action == Action::Create) == (now.action == Action::Create) {
        moved.extend(properties_moved(planned, now));
    }
    if moved.is_empty() {
        moved.push(Moved::resource(&now.address, "its order or its references differ from the plan"));
    }
    moved
}

fn properties_moved(planned: &Change, now: &Change) -> Vec<Moved> {
    fn by_path(change: &Change) -> BTreeMap<String, &PropertyChange> {
        change.properties.iter().map(|property| (property.path.to_string(), property)).collect()
    }
    let (before, after) = (by_path(planned), by_path(now));
    let mut moved = Vec::new();
    for path in before.keys().chain(after.keys().filter(|path| !before.contains_key(*path))) {
        let message = match (before.get(path), after.get(path)) {
            (Some(planned), Some(now)) if planned == now => continue,
            (Some(planned), Some(now)) if planned.before != now.before => {
                format!("it is {} now, and was {}", shown(now.before.as_ref()), shown(planned.before.as_ref()))
            }
            (Some(_), Some(_)) => "it becomes another value than planned".to_owned(),
            (Some(planned), None) => match &planned.after {
                NewValue::Known(value) => format!("it is {} already", shown(Some(value))),
                NewValue::Absent | NewValue::Unknown(_) => "it does not differ from the spec any more".to_owned(),
            },
            // The live value is still the applied one, so what is wanted has moved, such as the value of a secret.
            (None, Some(now)) if now.origin == ChangeOrigin::Spec => "it becomes another value than planned".to_owned(),
            (None, Some(now)) => format!("it is {} now, which the plan did not show", shown(now.before.as_ref())),
            (None, None) => continue,
        };
        moved.push(Moved { property: Some(path.clone()), ..Moved::resource(&now.address, message) });
    }
    moved
}

/// Maximum number of characters of a value that a message shows.
const MAX_SHOWN: usize = 60;

fn shown(value: Option<&Value>) -> String {
    match value {
        None => "(none)".to_owned(),
        Some(value) if value.get("secret").is_some() => "(secret value)".to_owned(),
        Some(value) if value.to_string().chars().count() > MAX_SHOWN => "another value".to_owned(),
        Some(value) => value.to_string(),
    }
}

fn described(change: &Change) -> String {
    let action = match change.action {
        Action::Create => "create",
        Action::Update => "update in place",
        Action::Replace => "replace",
        Action::Delete => "delete",
        Action::Adopt => "adopt",
        Action::Forget => "forget",
        Action::NoOp => "no change",
    };
    match change.reasons.is_empty() {
        true => action.to_owned(),
        false => format!("{action} ({})", change.reasons.join("; ")),
    }
}
