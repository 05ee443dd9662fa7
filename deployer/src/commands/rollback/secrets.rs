//! Secret values of an earlier run: the history has only their digests, so the present values are used.

use std::collections::{BTreeMap, BTreeSet};

use deployer_engine::{Action, Address, Change, Expr, Graph, State};
use serde_json::Value;

use crate::project::Project;
use crate::secrets::SecretValues;

/// Replaces the digests of secret variables by those of their present values: the given ones, or else those that were applied last.
pub(super) fn renew_secrets(graph: &mut Graph, secrets: &SecretValues, state: &State) {
    for (address, node) in &mut graph.nodes {
        let applied = state.resources.get(address).map(|record| &record.properties["environment"]);
        for (variable, digest) in secret_variables(&mut node.properties) {
            let given = secrets.digests.get(&(address.name().to_owned(), variable.clone())).cloned();
            let applied = || applied?[variable.as_str()]["secret"].as_str().map(str::to_owned);
            if let Some(present) = given.or_else(applied) {
                *digest = present;
            }
        }
    }
}

/// Returns the digests of the secret variables of a function, by variable.
fn secret_variables(properties: &mut Expr) -> Vec<(String, &mut String)> {
    let environment = match properties {
        Expr::Map(members) => members.get_mut("environment"),
        _ => None,
    };
    match environment {
        Some(Expr::Map(variables)) => {
            variables.iter_mut().filter_map(|(name, value)| Some((name.clone(), digest_of(value)?))).collect()
        }
        Some(Expr::Value(Value::Object(variables))) => {
            variables.iter_mut().filter_map(|(name, value)| Some((name.clone(), digest_in(value)?))).collect()
        }
        _ => Vec::new(),
    }
}

fn digest_of(variable: &mut Expr) -> Option<&mut String> {
    match variable {
        Expr::Value(value) => digest_in(value),
        Expr::Map(members) => match members.get_mut("secret")? {
            Expr::Value(Value::String(digest)) => Some(digest),
            _ => None,
        },
        _ => None,
    }
}

fn digest_in(variable: &mut Value) -> Option<&mut String> {
    match variable.get_mut("secret")? {
        Value::String(digest) => Some(digest),
        _ => None,
    }
}

/// What a run that sends a resource would lack, by address.
#[derive(Debug)]
pub(super) struct MissingValues {
    /// Needed whenever the function is created or changed.
    functions: BTreeMap<Address, BTreeSet<String>>,
    /// Needed when the resource is created.
    created: BTreeMap<Address, String>,
}

impl MissingValues {
    /// Returns the values of a graph that neither the environment nor the project has.
    pub(super) fn of(graph: &Graph, secrets: &SecretValues, project: &Project) -> Self {
        let (mut functions, mut created) = (BTreeMap::new(), BTreeMap::new());
        for (address, node) in &graph.nodes {
            let mut properties = node.properties.clone();
            let unknown = secret_variables(&mut properties).into_iter().filter(|(_, digest)| !secrets.values.has(digest));
            let unknown: BTreeSet<String> = unknown.map(|(name, _)| format!("the secret {name} of {address}")).collect();
            if !unknown.is_empty() {
                functions.insert(address.clone(), unknown);
            }
            let value = node.properties.resolve(&|_| None).value;
            let password = value["password"]["env"].as_str().is_some_and(|digest| !secrets.values.has(digest));
            if address.kind() == "user" && password {
                created.insert(address.clone(), format!("the password of {address}"));
            }
            let certificate = value["sha256"].as_str().filter(|_| node.type_name == "acm.imported_certificate");
            if certificate.is_some_and(|sha256| project.certificate.files(sha256).is_err()) {
                created.insert(address.clone(), format!("the certificate and key of {address}"));
            }
        }
        Self { functions, created }
    }

    /// Returns what this change would lack.
    pub(super) fn needed_by(&self, change: &Change) -> Vec<String> {
        let sends = matches!(change.action, Action::Create | Action::Update | Action::Replace | Action::Adopt);
        let of_function = self.functions.get(&change.address).into_iter().flatten().filter(|_| sends).cloned();
        let imports = change.type_name == "acm.imported_certificate";
        let creates = matches!(change.action, Action::Create | Action::Replace) || (sends && imports);
        of_function.chain(self.created.get(&change.address).filter(|_| creates).cloned()).collect()
    }
}
