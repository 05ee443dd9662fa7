//! The AWS Service Authorization Reference for the actions that are authorized here: resource types, condition keys and dependent actions.
//! `data/service_authorization.json` holds it; the script beside that file updates it.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

/// The row of one action.
#[derive(Debug, Deserialize)]
pub struct Action {
    /// Resource types that the service authorizes on every request.
    pub required: Vec<String>,
    /// Resource types that the service authorizes if a request names such a resource.
    pub optional: Vec<String>,
    /// Condition keys that a request of this action can have besides the global ones.
    pub keys: Vec<String>,
    /// Other actions that the caller must be allowed too.
    pub dependents: Vec<String>,
}

impl Action {
    /// Whether the action is authorized on resources; otherwise only a statement on `*` applies to it.
    pub fn has_resource_types(&self) -> bool {
        !self.required.is_empty() || !self.optional.is_empty()
    }

    /// Returns the names of all its resource types, the required ones first.
    pub fn resource_types(&self) -> impl Iterator<Item = &str> {
        self.required.iter().chain(&self.optional).map(String::as_str)
    }
}

/// A resource type of a service.
#[derive(Debug, Deserialize)]
pub struct ResourceType {
    /// Formats of its ARN, with `${Partition}`, `${Region}`, `${Account}` and further placeholders for the variable parts.
    pub arns: Vec<String>,
    /// Condition keys that a request on such a resource can have.
    pub keys: Vec<String>,
}

#[derive(Deserialize)]
struct Reference {
    resources: BTreeMap<String, ResourceType>,
    actions: BTreeMap<String, Action>,
}

static REFERENCE: LazyLock<Reference> = LazyLock::new(|| {
    let text = include_str!("../data/service_authorization.json");
    serde_json::from_str(text).unwrap_or_else(|error| unreachable!("the data is part of the program: {error}"))
});

/// Returns the row of an action such as `connect:CreateQueue`.
pub fn action(name: &str) -> Option<&'static Action> {
    REFERENCE.actions.get(name)
}

/// Returns a resource type by its service's prefix and its name, such as `connect` and `queue`.
pub fn resource_type(service: &str, name: &str) -> Option<&'static ResourceType> {
    REFERENCE.resources.get(&format!("{service}:{name}"))
}

/// Returns the names of all actions in the reference, in order.
pub fn actions() -> impl Iterator<Item = &'static str> {
    REFERENCE.actions.keys().map(String::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_refers_to_rows_that_exist() {
        for name in actions() {
            let (row, service) = (action(name).expect("listed"), name.split(':').next().expect("a prefix"));
            for kind in row.resource_types() {
                let kind = resource_type(service, kind).unwrap_or_else(|| panic!("{name}: {service} has no {kind}"));
                assert!(!kind.arns.is_empty() && kind.arns.iter().all(|arn| arn.starts_with("arn:${Partition}:")), "{name}");
            }
            for dependent in &row.dependents {
                assert!(action(dependent).is_some(), "{name}: {dependent}");
            }
        }
        assert!(action("connect:CreateInstance").is_some_and(|row| !row.has_resource_types()));
    }
}
