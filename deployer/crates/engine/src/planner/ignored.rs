//! Properties whose changes are ignored: their live values take the place of the desired ones. Pure.

use std::collections::BTreeSet;

use serde_json::Value;

use super::Planner;
use crate::address::{Address, PropertyPath};
use crate::diff::diff;
use crate::expr::Expr;
use crate::graph::Node;
use crate::resource::{AnyResource, ResourceRules};

impl Planner<'_> {
    /// Notes the ignored properties whose values differ from the declared ones.
    pub(super) fn note_ignored(
        &mut self,
        address: &Address,
        declared: &Node,
        resource: &dyn AnyResource,
        (ignored, live): (&BTreeSet<PropertyPath>, &Value),
    ) {
        let wanted = declared.properties.resolve(&|reference| self.expected_outputs(reference));
        let changes = diff(&wanted, None, live, &ResourceRules { resource, live, wanted: &wanted.value });
        let is_ignored =
            |path: &PropertyPath| ignored.iter().any(|other| path.0.starts_with(&other.0) || other.0.starts_with(&path.0));
        let differing: BTreeSet<PropertyPath> = changes.into_iter().map(|change| change.path).filter(is_ignored).collect();
        if !differing.is_empty() {
            self.plan.ignored.insert(address.clone(), differing);
        }
    }
}

/// Returns the desired resource with its live values in the place of ignored properties. It still depends on what these referred to, so that
/// the order of deletions stays.
pub(crate) fn with_ignored(node: &Node, ignored: &BTreeSet<PropertyPath>, live: &Value) -> Node {
    let mut node = node.clone();
    let before: BTreeSet<Address> = node.properties.references().into_iter().map(|reference| reference.address).collect();
    for path in ignored {
        let value = path.0.iter().try_fold(live, |value, step| value.get(step)).filter(|value| !value.is_null());
        put(&mut node.properties, &path.0, value, true);
    }
    node.depends_on.extend(before);
    node
}

/// Sets the value at a path. A missing one is `null` as a property of the resource (`outermost`), and no member of a map below it.
fn put(expr: &mut Expr, path: &[String], value: Option<&Value>, outermost: bool) {
    let Some((step, rest)) = path.split_first() else { return };
    if let Expr::Value(Value::Object(members)) = expr {
        let members = std::mem::take(members);
        *expr = Expr::Map(members.into_iter().map(|(key, value)| (key, Expr::Value(value))).collect());
    }
    let Expr::Map(entries) = expr else { return };
    match (rest.is_empty(), value) {
        (true, None) if !outermost => drop(entries.remove(step)),
        (true, value) => drop(entries.insert(step.clone(), Expr::Value(value.cloned().unwrap_or_default()))),
        (false, None) if !entries.contains_key(step) => {}
        (false, value) => put(entries.entry(step.clone()).or_insert_with(|| Expr::Map(Default::default())), rest, value, false),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::graph::Graph;

    fn path(text: &str) -> PropertyPath {
        PropertyPath(text.split('.').map(str::to_owned).collect())
    }

    #[test]
    fn ignored_properties_take_live_values() {
        let (role, function) = (Address::new("role", "a"), Address::new("function", "a"));
        let properties = Expr::map([
            ("role", Expr::output(&role, "arn")),
            ("memory", Expr::from(json!(128))),
            ("limit", Expr::from(json!(5))),
            ("tags", Expr::from(json!({"team": "a", "ours": "b"}))),
            ("variables", Expr::map([("ARN", Expr::output(&role, "arn"))])),
        ]);
        let mut graph = Graph::default();
        graph.insert(function.clone(), "test.function", properties, []);
        let ignored = ["role", "memory", "limit", "tags.team", "tags.more", "variables.ARN"].map(path).into();
        let live = json!({"role": "r", "memory": 512, "tags": {"more": "c"}, "variables": {}});
        let node = with_ignored(&graph.nodes[&function], &ignored, &live);
        let expected = json!({"role": "r", "memory": 512, "limit": null, "tags": {"ours": "b", "more": "c"}, "variables": {}});
        assert_eq!(node.properties.resolve(&|_| None).value, expected);
        assert_eq!(node.depends_on, BTreeSet::from([role]));
    }
}
