//! The least rights that a run needs, as an IAM policy: every resource type says beside its code which calls it makes, and on what.

use std::collections::{BTreeMap, BTreeSet};

use deployer_engine::{Graph, Registry, Result};
use serde_json::{Map, Value, json};

use crate::call::Op;
use crate::outcomes::action;
use crate::provider::Provider;

/// One action on one resource, perhaps only under a condition.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Right {
    action: String,
    resource: String,
    /// A key of the request and the value that it must have.
    condition: Option<(&'static str, &'static str)>,
}

/// What a resource type calls.
///
/// Named is what making, reading, finding, changing and removing its own things needs. What it would call only after somebody else
/// has changed them in ways that a spec cannot (policies attached to our roles) is left out: then the run is denied, and says what for.
pub(crate) trait Rights {
    /// The rights for a resource with these wanted properties. What is not known before it exists is `null` in them.
    fn rights(provider: &Provider, wanted: &Value) -> Vec<Right>;
}

/// These calls on `resource`.
pub(crate) fn calls(ops: &[Op], resource: &str) -> Vec<Right> {
    ops.iter().map(|op| Right { action: action(*op), resource: resource.to_owned(), condition: None }).collect()
}

/// These actions on `resource`, which are not calls of ours: AWS does them with the caller's rights.
pub(crate) fn actions(names: &[&str], resource: &str) -> Vec<Right> {
    names.iter().map(|name| Right { action: (*name).to_owned(), resource: resource.to_owned(), condition: None }).collect()
}

/// An action on `resource` that is allowed only where `key` of the request is `value`.
pub(crate) fn only(name: &str, resource: &str, key: &'static str, value: &'static str) -> Right {
    Right { action: name.to_owned(), resource: resource.to_owned(), condition: Some((key, value)) }
}

/// A property that is a name; anything where it is not known.
pub(crate) fn named<'w>(wanted: &'w Value, property: &str) -> &'w str {
    wanted.get(property).and_then(Value::as_str).unwrap_or("*")
}

/// The least policy that applying, changing and destroying these graphs needs, with the state in `bucket` if it is kept in one.
/// Makes no call.
///
/// # Errors
/// A graph that cannot be ordered, or a resource type that is not known.
pub fn policy<'g>(provider: Provider, graphs: impl IntoIterator<Item = &'g Graph>, bucket: Option<&str>) -> Result<Value> {
    let (registry, rights, provider) = crate::provider::registry_and_rights(provider);
    let mut all: BTreeSet<Right> = BTreeSet::new();
    for graph in graphs {
        for (type_name, wanted) in foreseen(graph, &registry)? {
            if let Some(rights) = rights.get(type_name.as_str()) {
                all.extend(rights(&provider, &wanted));
            }
        }
    }
    if let Some(bucket) = bucket {
        all.extend(crate::state_bucket::rights(&provider, bucket));
    }
    Ok(document(&all))
}

/// The properties of every resource, with what follows from names alone.
fn foreseen(graph: &Graph, registry: &Registry) -> Result<Vec<(String, Value)>> {
    let mut outputs: BTreeMap<deployer_engine::Address, Map<String, Value>> = BTreeMap::new();
    let mut all = Vec::new();
    for address in graph.order()? {
        let Some(node) = graph.nodes.get(&address) else { continue };
        let known =
            |on: &deployer_engine::Reference| outputs.get(&on.address)?.get(&on.output).filter(|it| !it.is_null()).cloned();
        let wanted = node.properties.resolve(&known).value;
        outputs.insert(address, registry.get(&node.type_name)?.predict(&wanted));
        all.push((node.type_name.clone(), wanted));
    }
    Ok(all)
}

/// Actions of one service with the same resources and condition share a statement.
fn document(rights: &BTreeSet<Right>) -> Value {
    type Condition = Option<(&'static str, &'static str)>;
    type Scope<'r> = (&'r str, BTreeSet<&'r str>, Condition);
    let mut resources: BTreeMap<(&str, Condition), BTreeSet<&str>> = BTreeMap::new();
    for right in rights {
        resources.entry((&right.action, right.condition)).or_default().insert(&right.resource);
    }
    let mut statements: BTreeMap<Scope<'_>, Vec<&str>> = BTreeMap::new();
    for ((action, condition), resources) in resources {
        let service = action.split(':').next().unwrap_or_default();
        // What is everything is not anything besides.
        let resources = if resources.contains("*") { BTreeSet::from(["*"]) } else { resources };
        statements.entry((service, resources, condition)).or_default().push(action);
    }
    let statements = statements.into_iter().map(|((_, resources, condition), actions)| {
        let mut statement = json!({"Effect": "Allow", "Action": actions, "Resource": resources});
        if let Some((key, value)) = condition {
            statement["Condition"] = json!({"StringEquals": {key: value}});
        }
        statement
    });
    json!({"Version": "2012-10-17", "Statement": statements.collect::<Vec<_>>()})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn actions_with_the_same_resources_share_a_statement_and_everything_is_said_once() {
        let one = actions(&["s3:GetObject", "s3:PutObject"], "a");
        let other = actions(&["s3:GetObject", "s3:PutObject"], "b");
        let all = [one, other, actions(&["ds:CheckAlias"], "*"), actions(&["ds:CheckAlias"], "c")].concat();
        let condition = only("iam:PassRole", "r", "iam:PassedToService", "lambda.amazonaws.com");
        let document = document(&all.into_iter().chain([condition]).collect());
        let expected = json!([
            {"Effect": "Allow", "Action": ["ds:CheckAlias"], "Resource": ["*"]},
            {"Effect": "Allow", "Action": ["iam:PassRole"], "Resource": ["r"],
             "Condition": {"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}}},
            {"Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": ["a", "b"]},
        ]);
        assert_eq!(document["Statement"], expected);
    }
}
