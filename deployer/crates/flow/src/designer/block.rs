//! A block of the old designer, which records the parts that the conversion has read.

use std::cell::RefCell;
use std::collections::BTreeSet;

use serde_json::Value;

use crate::path::Path;

/// The members of a block that the conversion reads.
const MEMBERS: [&str; 6] = ["id", "type", "target", "parameters", "branches", "metadata"];

/// A block whose parts are read one by one.
pub(crate) struct Block<'a> {
    pub(crate) value: &'a Value,
    pub(crate) path: Path,
    pub(crate) id: String,
    pub(crate) kind: &'a str,
    pub(crate) target: Option<&'a str>,
    used_parameters: RefCell<BTreeSet<usize>>,
    used_branches: RefCell<BTreeSet<usize>>,
}

/// A parameter of a block.
#[derive(Clone, Copy)]
pub(crate) struct Parameter<'a> {
    pub(crate) value: Option<&'a Value>,
    pub(crate) key: Option<&'a str>,
    pub(crate) namespace: Option<&'a str>,
    pub(crate) resource_name: Option<&'a str>,
}

impl Parameter<'_> {
    /// Returns the value as text: numbers and booleans as the designer shows them.
    pub(crate) fn text(&self) -> Option<String> {
        match self.value? {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            Value::Bool(truth) => Some(if *truth { "True" } else { "False" }.to_owned()),
            _ => None,
        }
    }

    pub(crate) fn is_true(&self) -> bool {
        self.text().is_some_and(|text| text.eq_ignore_ascii_case("true"))
    }
}

/// A branch of a block.
#[derive(Clone, Copy)]
pub(crate) struct Branch<'a> {
    pub(crate) kind: Option<&'a str>,
    pub(crate) value: Option<&'a Value>,
    pub(crate) target: Option<&'a str>,
}

impl<'a> Block<'a> {
    pub(crate) fn new(index: usize, value: &'a Value) -> Self {
        let text = |name: &str| value.get(name).and_then(Value::as_str);
        Self {
            value,
            path: Path::root().key("modules").index(index),
            id: text("id").map_or_else(|| format!("block-{index}"), str::to_owned),
            kind: text("type").unwrap_or_default(),
            target: text("target"),
            used_parameters: RefCell::default(),
            used_branches: RefCell::default(),
        }
    }

    pub(crate) fn title(&self) -> String {
        match self.target {
            Some(target) => format!("{} ({target})", self.kind),
            None => self.kind.to_owned(),
        }
    }

    pub(crate) fn metadata(&self) -> Option<&'a Value> {
        self.value.get("metadata")
    }

    fn list(&self, member: &str) -> &'a [Value] {
        self.value.get(member).and_then(Value::as_array).map_or(&[], Vec::as_slice)
    }

    /// Returns all parameters of this name.
    pub(crate) fn parameters(&self, name: &str) -> Vec<Parameter<'a>> {
        let mut found = Vec::new();
        for (index, parameter) in self.list("parameters").iter().enumerate() {
            if parameter.get("name").and_then(Value::as_str) == Some(name) {
                self.used_parameters.borrow_mut().insert(index);
                found.push(as_parameter(parameter));
            }
        }
        found
    }

    /// Returns the parameters whose names satisfy a predicate.
    pub(crate) fn parameters_matching(&self, test: impl Fn(&str) -> bool) -> Vec<Parameter<'a>> {
        let names = self.all_parameters().into_iter().map(|(name, _)| name).filter(|name| test(name));
        let names: BTreeSet<&str> = names.collect();
        names.into_iter().flat_map(|name| self.parameters(name)).collect()
    }

    /// Returns the target of the first branch whose condition satisfies a predicate; `None` if there is none, or it has no
    /// target.
    pub(crate) fn target_matching(&self, test: impl Fn(&str) -> bool) -> Option<&'a str> {
        let conditions = self.list("branches").iter().filter_map(|branch| branch.get("condition")?.as_str());
        conditions.filter(|condition| test(condition)).find_map(|condition| self.target_of(condition))
    }

    /// Returns the first parameter of this name.
    pub(crate) fn parameter(&self, name: &str) -> Option<Parameter<'a>> {
        let at = self.list("parameters").iter().position(|one| one.get("name").and_then(Value::as_str) == Some(name))?;
        self.used_parameters.borrow_mut().insert(at);
        self.list("parameters").get(at).map(as_parameter)
    }

    /// Returns the parameters in order with their names, without marking any as used.
    pub(crate) fn all_parameters(&self) -> Vec<(&'a str, Parameter<'a>)> {
        let named = |one: &'a Value| Some((one.get("name")?.as_str()?, as_parameter(one)));
        self.list("parameters").iter().filter_map(named).collect()
    }

    /// Returns a parameter's text.
    pub(crate) fn text(&self, name: &str) -> Option<String> {
        self.parameter(name)?.text()
    }

    /// Returns the target of the branch with this condition.
    pub(crate) fn target_of(&self, condition: &str) -> Option<&'a str> {
        self.branches(condition).first()?.target
    }

    /// Returns all branches with this condition.
    pub(crate) fn branches(&self, condition: &str) -> Vec<Branch<'a>> {
        let mut found = Vec::new();
        for (index, branch) in self.list("branches").iter().enumerate() {
            if branch.get("condition").and_then(Value::as_str) == Some(condition) {
                self.used_branches.borrow_mut().insert(index);
                found.push(Branch {
                    kind: branch.get("conditionType").and_then(Value::as_str),
                    value: branch.get("conditionValue"),
                    target: branch.get("transition").and_then(Value::as_str),
                });
            }
        }
        found
    }

    /// Returns the target of any branch, without marking it as used.
    pub(crate) fn any_target(&self) -> Option<&'a str> {
        self.list("branches").iter().find_map(|branch| branch.get("transition")?.as_str())
    }

    /// Describes the parts that were not read and have a meaning, with their places. A parameter without a value and a branch
    /// without a target have no meaning.
    pub(crate) fn unused(&self) -> Vec<(Path, String)> {
        let (parameters, branches) = (self.used_parameters.borrow(), self.used_branches.borrow());
        let left = |name: &str, used: &BTreeSet<usize>, member: &str| {
            let means = |value: &Value| !matches!(value.get(member), None | Some(Value::Null)) && value[member] != "";
            let place = self.path.key(name);
            let unused = self.list(name).iter().enumerate().filter(|(index, value)| !used.contains(index) && means(value));
            unused.map(|(index, value)| (place.index(index), value)).collect::<Vec<_>>()
        };
        let word = |value: &Value, name: &str| value.get(name).map(Value::to_string).unwrap_or_default();
        let of_parameter =
            |(place, one): (Path, &Value)| (place, format!("the parameter {} with {}", word(one, "name"), word(one, "value")));
        let of_branch = |(place, one): (Path, &Value)| (place, format!("the branch {}", word(one, "condition")));
        let members = self.value.as_object().into_iter().flatten();
        let others = members.filter(|(name, value)| !MEMBERS.contains(&name.as_str()) && !value.is_null());
        let parameters = left("parameters", &parameters, "value").into_iter().map(of_parameter);
        let branches = left("branches", &branches, "transition").into_iter().map(of_branch);
        let others = others.map(|(name, _)| (self.path.key(name), format!("the member \"{name}\"")));
        parameters.chain(branches).chain(others).collect()
    }
}

fn as_parameter(value: &Value) -> Parameter<'_> {
    let text = |name: &str| value.get(name).and_then(Value::as_str);
    Parameter {
        value: value.get("value"),
        key: text("key"),
        namespace: text("namespace").filter(|namespace| !namespace.is_empty()),
        resource_name: text("resourceName").filter(|name| !name.is_empty()),
    }
}
