//! Desired specs: the shipped ones and one with every resource type, and the edits that a user may make.

mod contents;
mod edits;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use deployer_engine::Graph;
use deployer_spec::PromptSource;
use deployer_stack::{BuildInputs, ExistingInstance, from_spec};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::code::{digest, recording_digest};
use crate::{ACCOUNT, REGION};

pub use edits::Edit;

/// A base spec, by its environment's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BaseSpec {
    /// `config/local.yaml`.
    Local,
    /// `config/dev.yaml`.
    Dev,
    /// `config/prod.yaml`.
    Prod,
    /// All resource types of Connect: `config/dev.yaml` merged with `specs/center.yaml` of this crate.
    Center,
    /// The same in an instance of somebody else, `specs/existing.yaml`, without an API.
    Existing,
}

impl BaseSpec {
    /// All base specs that accept every edit.
    pub const ALL: [Self; 4] = [Self::Local, Self::Dev, Self::Prod, Self::Center];
    /// All base specs.
    pub const EVERY: [Self; 5] = [Self::Local, Self::Dev, Self::Prod, Self::Center, Self::Existing];
    /// All shipped specs.
    pub const SHIPPED: [Self; 3] = [Self::Local, Self::Dev, Self::Prod];

    /// Returns the environment's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Local => "local",
            Self::Dev => "dev",
            Self::Prod => "prod",
            Self::Center => "center",
            Self::Existing => "existing",
        }
    }

    /// Returns the spec as it is written.
    pub(crate) fn document(self) -> Result<Value, String> {
        match self {
            Self::Center => {
                let mut document = read(&root().join("config/dev.yaml"))?;
                lay_over(&mut document, read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("specs/center.yaml"))?);
                Ok(document)
            }
            Self::Existing => {
                let mut document = Self::Center.document()?;
                lay_over(&mut document, read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("specs/existing.yaml"))?);
                for key in OF_THE_INSTANCE {
                    remove(&mut document["connect"], key);
                }
                remove(&mut document, "api");
                for queue in document["connect"]["queues"].as_object_mut().into_iter().flat_map(|queues| queues.values_mut()) {
                    remove(queue, "quick_connects");
                }
                for user in document["connect"]["users"].as_object_mut().into_iter().flat_map(|users| users.values_mut()) {
                    remove(user, "hierarchy_group");
                }
                Ok(document)
            }
            shipped => read(&root().join("config").join(format!("{}.yaml", shipped.name()))),
        }
    }
}

/// Keys that an existing instance cannot have, and sections whose names the instance of the other spec has already.
const OF_THE_INSTANCE: [&str; 17] = [
    "alias",
    "deletion_protection",
    "inbound_calls",
    "outbound_calls",
    "flow_logs",
    "contact_lens",
    "storage",
    "user_hierarchy",
    "predefined_attributes",
    "quick_connects",
    "security_profiles",
    "vocabularies",
    "agent_statuses",
    "views",
    "task_templates",
    "evaluation_forms",
    "rules",
];

fn read(path: &Path) -> Result<Value, String> {
    let bytes = std::fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let loader = deployer_spec::Loader { read: &|path| std::fs::read(path), ..Default::default() };
    loader.document(path, &bytes).map_err(|faults| faults.to_string())
}

/// Merges the members of `over` into `under`, maps recursively.
fn lay_over(under: &mut Value, over: Value) {
    match (under, over) {
        (Value::Object(under), Value::Object(over)) => {
            for (name, value) in over {
                lay_over(under.entry(name).or_insert(Value::Null), value);
            }
        }
        (under, over) => *under = over,
    }
}

fn remove(value: &mut Value, name: &str) {
    if let Some(members) = value.as_object_mut() {
        members.remove(name);
    }
}

/// A base spec with a user's edits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpecEdits {
    /// Base spec.
    pub spec: BaseSpec,
    /// Edits, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub edits: Vec<Edit>,
}

/// A desired stack, ready to be applied.
#[derive(Debug, Clone)]
pub struct DesiredSpec {
    /// Name of the project.
    pub project: String,
    /// Name of the environment.
    pub environment: String,
    /// Resources. Of an existing instance the ID is known only after it was looked up.
    pub graph: Graph,
    /// What a graph with the existing instance is made of.
    pub unresolved: Option<Unresolved>,
}

/// A spec that names an existing instance.
#[derive(Debug, Clone)]
pub struct Unresolved {
    /// The alias.
    pub reference: String,
    document: Value,
    environment: String,
}

impl Unresolved {
    /// Returns the stack of the spec, with the instance as it was looked up.
    ///
    /// # Errors
    /// Returns the diagnostics that a user would see.
    pub fn resolve(&self, existing: ExistingInstance) -> Result<DesiredSpec, String> {
        wanted_in(&self.document, &self.environment, Some(existing))
    }
}

impl SpecEdits {
    /// Returns the base spec without edits.
    pub fn of(spec: BaseSpec) -> Self {
        Self { spec, edits: Vec::new() }
    }

    /// Returns the spec with one more edit.
    #[must_use]
    pub fn with(mut self, edit: Edit) -> Self {
        self.edits.push(edit);
        self
    }

    /// Returns its stack under another project's name.
    ///
    /// # Errors
    /// See [`SpecEdits::resolve`].
    pub fn of_another_project(&self) -> Result<DesiredSpec, String> {
        self.as_project(Some("somebody"))
    }

    /// Returns its stack. Not every combination of edits is valid.
    ///
    /// # Errors
    /// Returns the diagnostics that a user would see.
    pub fn resolve(&self) -> Result<DesiredSpec, String> {
        self.as_project(None)
    }

    fn as_project(&self, project: Option<&str>) -> Result<DesiredSpec, String> {
        let name = self.spec.name();
        let mut document = self.spec.document()?;
        // Otherwise the table rejects its deletion, as it should.
        remove(&mut document["tables"]["numbers"], "deletion_protection");
        if self.spec != BaseSpec::Existing {
            document["connect"]["deletion_protection"] = false.into();
        }
        for (_, user) in document["connect"]["users"].as_object_mut().into_iter().flatten() {
            // Nobody can enter one here.
            user["password"] = json!({"generate": true});
        }
        for edit in &self.edits {
            edit.make(&mut document);
        }
        if let Some(project) = project {
            document["project"] = project.into();
            document["connect"]["alias"] = format!("{project}-{name}").into();
            document["api"]["domain"] = format!("{project}-{name}.example").into();
        }
        wanted_of(&document, name)
    }
}

/// Returns the stack of a spec.
///
/// # Errors
/// Returns the diagnostics that a user would see.
pub fn wanted_of(document: &Value, environment: &str) -> Result<DesiredSpec, String> {
    wanted_in(document, environment, None)
}

fn wanted_in(document: &Value, environment: &str, existing: Option<ExistingInstance>) -> Result<DesiredSpec, String> {
    let text = serde_json::to_string_pretty(document).map_err(|error| error.to_string())?;
    let spec = deployer_spec::load(Path::new("spec.json"), &text, environment).map_err(|faults| faults.to_string())?;
    let code =
        spec.functions.iter().map(|(name, function)| (name.to_string(), digest(version(function.package().unwrap_or_default()))));
    let inputs = BuildInputs {
        account: ACCOUNT.to_owned(),
        region: REGION.to_owned(),
        code_sha256: code.collect(),
        recordings: recordings(&spec),
        flows: contents::flows(&spec).map_err(|error| error.to_string())?,
        modules: contents::modules(&spec).map_err(|error| error.to_string())?,
        existing,
        documents: contents::documents(&spec),
        ..BuildInputs::default()
    };
    let graph = from_spec(&spec, &inputs).map_err(|problems| format!("{problems:?}"))?;
    let unresolved = spec.connect.and_then(|connect| connect.existing).map(|reference| Unresolved {
        reference,
        document: document.clone(),
        environment: environment.to_owned(),
    });
    Ok(DesiredSpec { project: spec.project.to_string(), environment: spec.environment.to_string(), graph, unresolved })
}

fn version(package: &str) -> &str {
    match package {
        "two" | "three" => package,
        _ => "one",
    }
}

fn recordings(spec: &deployer_spec::Spec) -> BTreeMap<String, String> {
    let prompts = spec.connect.iter().flat_map(|connect| &connect.prompts);
    let digest = |(name, prompt): (&deployer_spec::Name, &deployer_spec::Prompt)| match &prompt.source {
        PromptSource::File(version) => Some((name.to_string(), recording_digest(version))),
        PromptSource::S3(_) => None,
    };
    prompts.filter_map(digest).collect()
}

/// Returns the project's directory.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../..")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_edit_is_valid_and_changes_the_stack() {
        let mut wrong = Vec::new();
        for spec in BaseSpec::ALL {
            let plain = SpecEdits::of(spec).resolve().unwrap_or_else(|fault| panic!("{}: {fault}", spec.name()));
            for edit in Edit::all() {
                assert_eq!(Edit::named(edit.name()), Some(edit));
                match SpecEdits::of(spec).with(edit).resolve() {
                    Err(fault) => wrong.push(format!("{}, {}: {fault}", spec.name(), edit.name())),
                    Ok(edited) if format!("{:?}", edited.graph.nodes) == format!("{:?}", plain.graph.nodes) => {
                        wrong.push(format!("\"{}\" changes nothing in {}", edit.name(), spec.name()));
                    }
                    Ok(_) => {}
                }
            }
        }
        assert!(wrong.is_empty(), "{wrong:#?}");
    }
}
