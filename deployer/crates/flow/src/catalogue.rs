//! What Connect knows of each action type: parameters, conditions, errors and
//! the kinds of flow it may stand in.
//!
//! The facts are in `catalogue.json`. `live` marks types whose rules were seen
//! enforced by the real service in published records of `CreateContactFlow`
//! calls; the others come from AWS pages and console exports, so a name not
//! listed for them is not held to be wrong.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde::Deserialize;

/// All known action types.
#[derive(Debug, Deserialize)]
pub struct Catalogue {
    actions: BTreeMap<String, ActionType>,
    also_known_as: BTreeMap<String, String>,
}

/// The rules of one action type.
#[derive(Debug, Deserialize)]
pub struct ActionType {
    /// The name of the block in the console's designer.
    pub block: String,
    /// The parameters it takes.
    pub parameters: Vec<Parameter>,
    /// Rules between parameters.
    #[serde(default)]
    pub groups: Vec<Group>,
    /// The conditions it takes; none when absent.
    #[serde(default)]
    pub conditions: Option<Conditions>,
    /// The error branches it needs, takes and refuses.
    #[serde(default)]
    pub errors: Errors,
    /// Whether `NextAction` must be there.
    pub next: Next,
    /// Whether the flow ends here, so that no transitions are allowed.
    #[serde(default)]
    pub terminal: bool,
    /// The flow types it may stand in; any when absent.
    #[serde(default)]
    pub flow_types: Option<Vec<String>>,
    /// The channels it works in; any when absent.
    #[serde(default)]
    pub channels: Option<Vec<String>>,
    /// Whether the rules were seen enforced by the service.
    #[serde(default)]
    pub live: bool,
}

/// Whether `NextAction` belongs to an action.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Next {
    /// It must be there.
    Required,
    /// It may be there.
    Optional,
    /// It must not be there.
    None,
}

/// One parameter of an action type.
#[derive(Debug, Deserialize)]
pub struct Parameter {
    /// Its name.
    pub name: String,
    /// What may stand in it.
    pub kind: Kind,
    /// Whether it must be there.
    #[serde(default)]
    pub required: bool,
    /// The only values it takes.
    #[serde(default, rename = "enum")]
    pub values: Option<Vec<String>>,
    /// Whether it holds a whole number.
    #[serde(default)]
    pub integer: bool,
    /// The least number.
    #[serde(default)]
    pub min: Option<u64>,
    /// The greatest number.
    #[serde(default)]
    pub max: Option<u64>,
    /// The kind of resource it names.
    #[serde(default, rename = "ref")]
    pub reference: Option<String>,
    /// The only keys of a map.
    #[serde(default)]
    pub keys: Option<Vec<String>>,
    /// The most entries of a map.
    #[serde(default)]
    pub max_entries: Option<usize>,
    /// The least entries of a list.
    #[serde(default)]
    pub min_entries: Option<usize>,
    /// The members of an object.
    #[serde(default)]
    pub fields: Option<Vec<String>>,
}

/// What may stand in a parameter (AWS page on the Flow language, "Parameters").
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Text without JSONPath.
    Static,
    /// Text without JSONPath, or one JSONPath and nothing else.
    Single,
    /// Text with JSONPath anywhere.
    Dynamic,
    /// One JSONPath and nothing else.
    Jsonpath,
    /// An object with free keys.
    Map,
    /// A list.
    List,
    /// An object with given members.
    Object,
}

/// A rule between parameters.
#[derive(Debug, Deserialize)]
pub struct Group {
    /// How many of them.
    pub rule: Rule,
    /// Which parameters.
    pub keys: Vec<String>,
}

/// How many parameters of a [`Group`] may stand together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// One and only one.
    ExactlyOne,
    /// None or one.
    AtMostOne,
    /// One or more.
    AtLeastOne,
}

/// The conditions an action type takes.
#[derive(Debug, Deserialize)]
pub struct Conditions {
    /// Which operators and operands.
    pub mode: Mode,
    /// The only operands, when they are given.
    #[serde(default)]
    pub operands: Option<Vec<String>>,
}

/// Which conditions an action type takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// `Equals` with one of the operands.
    Equals,
    /// `Equals` with one key of a telephone.
    Dtmf,
    /// `Equals` with each of the operands exactly once.
    Fixed,
    /// A comparison of numbers.
    Numeric,
    /// Any operator.
    Free,
}

/// The error branches of an action type.
#[derive(Debug, Default, Deserialize)]
pub struct Errors {
    /// Must be there.
    #[serde(default)]
    pub required: Vec<String>,
    /// May be there.
    #[serde(default)]
    pub optional: Vec<String>,
    /// Must not be there.
    #[serde(default)]
    pub rejected: Vec<String>,
    /// Must be there in some cases and must not be there otherwise.
    #[serde(default)]
    pub conditional: Vec<Conditional>,
    /// Nobody has recorded what the service says to them.
    #[serde(default)]
    pub unrecorded: Vec<String>,
}

/// Error branches that depend on a parameter.
#[derive(Debug, Deserialize)]
pub struct Conditional {
    /// The deciding parameter; with no further rule, its presence decides.
    pub parameter: String,
    /// It has this value.
    #[serde(default)]
    pub is: Option<String>,
    /// It does not have this value.
    #[serde(default)]
    pub not: Option<String>,
    /// It is a list with this element.
    #[serde(default)]
    pub has: Option<String>,
    /// And this member of this other parameter is there.
    #[serde(default)]
    pub with: Option<(String, String)>,
    /// The error branches.
    pub errors: Vec<String>,
}

impl Catalogue {
    /// The catalogue that comes with this crate.
    #[must_use]
    pub fn builtin() -> &'static Self {
        static BUILTIN: OnceLock<Catalogue> = OnceLock::new();
        BUILTIN.get_or_init(|| {
            serde_json::from_str(include_str!("catalogue.json")).expect("the catalogue that is compiled in is well-formed")
        })
    }

    /// The rules of an action type.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&ActionType> {
        self.actions.get(name)
    }

    /// The names of all action types, in alphabetical order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.actions.keys().map(String::as_str)
    }

    /// The type meant by a name of the old designer or one often invented.
    #[must_use]
    pub fn meant_by(&self, name: &str) -> Option<&str> {
        self.also_known_as.get(name).map(String::as_str)
    }
}

impl ActionType {
    /// The parameter with this name.
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<&Parameter> {
        self.parameters.iter().find(|known| known.name == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_of_the_catalogue_names_things_the_catalogue_has() {
        let catalogue = Catalogue::builtin();
        assert_eq!(catalogue.names().count(), 65);
        for (name, rules) in &catalogue.actions {
            let grouped = rules.groups.iter().flat_map(|group| &group.keys);
            let deciding = rules.errors.conditional.iter().map(|rule| &rule.parameter);
            for parameter in grouped.chain(deciding) {
                assert!(rules.parameter(parameter).is_some(), "{name}: {parameter}");
            }
            assert_eq!(rules.terminal, rules.next == Next::None, "{name}");
        }
        for (alias, meant) in &catalogue.also_known_as {
            assert!(catalogue.get(meant).is_some(), "{alias}: {meant}");
            assert!(catalogue.get(alias).is_none(), "{alias} is a real type");
        }
    }
}
