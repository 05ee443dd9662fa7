//! The table of the Flow language: parameters, conditions, errors and permitted flow types of each action type, the roots of
//! JSONPath references, and common wrong names for action types.
//!
//! The facts are in `catalogue.json`. Each action type names the page of AWS's guides that describes it, the month in which
//! the entry was last compared with that page, and its [`Status`], the reliability of the entry. The status determines the
//! severity of a violation. A name that the table does not have is never an error, because the service is ahead of its
//! guides.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde::Deserialize;

/// The reliability of a fact about the language.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// A published record of real `CreateContactFlow` calls shows that the service enforces it.
    Recorded,
    /// AWS's guides state it.
    Documented,
    /// Published console exports contain it; where a guide contradicts them, the exports take precedence.
    Seen,
    /// Only third-party tools contain it.
    Unknown,
}

/// The table of the Flow language.
#[derive(Debug, Deserialize)]
pub struct Catalogue {
    guides: String,
    actions: BTreeMap<String, ActionType>,
    roots: BTreeMap<String, Status>,
    also_known_as: BTreeMap<NameSource, BTreeMap<String, Vec<String>>>,
    /// Source and spelling of each alias, by its normalised letters.
    #[serde(skip)]
    by_letters: OnceLock<BTreeMap<String, (NameSource, String)>>,
}

/// The origin of a wrong name for an action type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum NameSource {
    /// The title of a page of AWS's guide that differs from the type that the page describes.
    Page,
    /// The type of a block in an export of the old designer.
    Designer,
    /// The name of a block in the console.
    Block,
    /// A name invented by people and tools.
    Invented,
}

/// The rules of one action type.
#[derive(Debug, Deserialize)]
pub struct ActionType {
    /// The name of the block in the console's designer.
    pub block: String,
    /// Reliability of its rules.
    pub status: Status,
    /// Page that describes it, relative to the guides' address; empty if there is none.
    pub page: String,
    /// Month in which the entry was last compared with its source, such as `2026-11`.
    pub date: String,
    /// The parameters it accepts.
    pub parameters: Vec<Parameter>,
    /// Rules between parameters.
    #[serde(default)]
    pub groups: Vec<Group>,
    /// Names of parameters that the service is recorded to reject.
    #[serde(default)]
    pub refused: Vec<String>,
    /// The conditions it accepts; `None` if it accepts none.
    #[serde(default)]
    pub conditions: Option<Conditions>,
    /// The error branches it requires, accepts and rejects.
    #[serde(default)]
    pub errors: Errors,
    /// Whether `NextAction` is required, optional or forbidden.
    pub next: NextRequirement,
    /// Whether the flow ends here, so that no transitions are allowed.
    #[serde(default)]
    pub terminal: bool,
    /// The flow types that may contain it; `None` means all.
    #[serde(default)]
    pub flow_types: Option<Vec<String>>,
    /// The channels it works in; `None` means all.
    #[serde(default)]
    pub channels: Option<Vec<String>>,
}

/// Requirement on an action's `NextAction`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NextRequirement {
    /// `NextAction` is required.
    Required,
    /// `NextAction` is optional.
    Optional,
    /// `NextAction` is forbidden.
    None,
}

/// A parameter of an action type.
#[derive(Debug, Deserialize)]
pub struct Parameter {
    /// Name of the parameter.
    pub name: String,
    /// Kind of value it accepts.
    pub kind: Kind,
    /// Reliability of the entry; that of the action type if absent.
    #[serde(default)]
    pub status: Option<Status>,
    /// Whether the parameter is required.
    #[serde(default)]
    pub required: bool,
    /// Name of another parameter; this one is required if that one is absent.
    #[serde(default)]
    pub required_unless: Option<String>,
    /// The accepted values; `None` if any are.
    #[serde(default, rename = "enum")]
    pub values: Option<Vec<String>>,
    /// Whether the service may accept other values too.
    #[serde(default)]
    pub open: bool,
    /// Whether it holds an integer.
    #[serde(default)]
    pub integer: bool,
    /// Whether JSON numbers are known to be accepted too.
    #[serde(default)]
    pub numbers: bool,
    /// Minimum number.
    #[serde(default)]
    pub min: Option<i64>,
    /// Maximum number.
    #[serde(default)]
    pub max: Option<i64>,
    /// Kind of resource it refers to.
    #[serde(default, rename = "ref")]
    pub reference: Option<String>,
    /// Whether any JSON is accepted inside it: numbers, booleans, empty strings.
    #[serde(default)]
    pub free: bool,
    /// The known keys of a map.
    #[serde(default)]
    pub keys: Option<Vec<String>>,
    /// Maximum number of entries of a map.
    #[serde(default)]
    pub max_entries: Option<usize>,
    /// Minimum number of entries of a list.
    #[serde(default)]
    pub min_entries: Option<usize>,
    /// The members of an object.
    #[serde(default)]
    pub fields: Option<Vec<String>>,
}

/// Kind of value of a parameter (AWS page on the Flow language, "Parameters").
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Text without JSONPath.
    Static,
    /// Text without JSONPath, or exactly one JSONPath.
    Single,
    /// Text with JSONPath anywhere in it.
    Dynamic,
    /// Exactly one JSONPath.
    Jsonpath,
    /// An object with arbitrary keys.
    Map,
    /// A list.
    List,
    /// An object with fixed members.
    Object,
}

/// A rule about several parameters.
#[derive(Debug, Deserialize)]
pub struct Group {
    /// Number of the parameters that may be present.
    pub rule: Rule,
    /// The parameters.
    pub keys: Vec<String>,
}

/// Number of parameters of a [`Group`] that may be present at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// Exactly one.
    ExactlyOne,
    /// Zero or one.
    AtMostOne,
    /// One or more.
    AtLeastOne,
}

/// The conditions an action type accepts.
#[derive(Debug, Deserialize)]
pub struct Conditions {
    /// Accepted operators and operands.
    pub mode: ConditionMode,
    /// The only accepted operands, if they are fixed.
    #[serde(default)]
    pub operands: Option<Vec<String>>,
}

/// Kind of conditions an action type accepts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConditionMode {
    /// `Equals` with one of the operands.
    Equals,
    /// `Equals` with one telephone key.
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
    /// Required error branches.
    #[serde(default)]
    pub required: Vec<String>,
    /// Optional error branches.
    #[serde(default)]
    pub optional: Vec<String>,
    /// Rejected error branches.
    #[serde(default)]
    pub rejected: Vec<String>,
    /// Error branches required in some cases only.
    #[serde(default)]
    pub conditional: Vec<Conditional>,
}

/// Error branches that depend on a parameter.
#[derive(Debug, Deserialize)]
pub struct Conditional {
    /// The deciding parameter; without a further rule, its presence decides.
    pub parameter: String,
    /// Name of another parameter; the rule does not apply if that one is present.
    #[serde(default)]
    pub unless: Option<String>,
    /// The parameter must have this value.
    #[serde(default)]
    pub is: Option<String>,
    /// The parameter must not have this value.
    #[serde(default)]
    pub not: Option<String>,
    /// The parameter must be a list with this element.
    #[serde(default)]
    pub has: Option<String>,
    /// Additionally, this member of this other parameter must be present.
    #[serde(default)]
    pub with: Option<(String, String)>,
    /// The error branches that are required then.
    pub errors: Vec<String>,
    /// Whether the service is recorded to reject them in all other cases.
    #[serde(default)]
    pub refused_otherwise: bool,
}

impl Catalogue {
    /// Returns the catalogue built into this crate.
    #[must_use]
    pub fn builtin() -> &'static Self {
        static BUILTIN: OnceLock<Catalogue> = OnceLock::new();
        BUILTIN.get_or_init(|| {
            serde_json::from_str(include_str!("catalogue.json")).expect("the catalogue that is compiled in is well-formed")
        })
    }

    /// Returns the rules of an action type.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&ActionType> {
        self.actions.get(name)
    }

    /// Returns the names of all action types, in alphabetical order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.actions.keys().map(String::as_str)
    }

    /// Returns the action types probably meant by a wrong name, best first, and the origin of that name. Letter case and
    /// punctuation are ignored.
    #[must_use]
    pub fn canonical_name(&self, name: &str) -> Option<(NameSource, &[String])> {
        let by_letters = self.by_letters.get_or_init(|| {
            let all = self.also_known_as.iter().flat_map(|(source, names)| names.keys().map(|alias| (*source, alias.clone())));
            all.map(|(source, alias)| (letters(&alias), (source, alias))).collect()
        });
        let (source, alias) = by_letters.get(&letters(name))?;
        Some((*source, self.also_known_as.get(source)?.get(alias)?))
    }

    /// Returns the names that [`Self::canonical_name`] knows.
    pub(crate) fn aliases(&self) -> impl Iterator<Item = &str> {
        self.also_known_as.values().flat_map(|names| names.keys().map(String::as_str))
    }

    /// Returns the address of the page that describes an action type.
    #[must_use]
    pub fn page(&self, rules: &ActionType) -> Option<String> {
        (!rules.page.is_empty()).then(|| format!("{}{}.html", self.guides, rules.page))
    }

    /// Returns the reliability of a root of JSONPath references; `None` if the table does not have it.
    #[must_use]
    pub fn root(&self, name: &str) -> Option<Status> {
        self.roots.get(name).copied()
    }

    /// Returns the roots of JSONPath references, in alphabetical order.
    pub fn roots(&self) -> impl Iterator<Item = &str> {
        self.roots.keys().map(String::as_str)
    }
}

/// Returns the letters and digits of a name in lower case.
fn letters(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).take(100).collect()
}

impl ActionType {
    /// Returns the parameter with this name.
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<&Parameter> {
        self.parameters.iter().find(|known| known.name == name)
    }
}

impl Parameter {
    /// Returns the reliability of the parameter.
    #[must_use]
    pub fn known(&self, rules: &ActionType) -> Status {
        self.status.unwrap_or(rules.status)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_names_things_of_the_table() {
        let catalogue = Catalogue::builtin();
        assert_eq!(catalogue.names().count(), 67);
        for (name, rules) in &catalogue.actions {
            let grouped = rules.groups.iter().flat_map(|group| &group.keys);
            let deciding = rules.errors.conditional.iter().map(|rule| &rule.parameter);
            let excluding = rules.errors.conditional.iter().filter_map(|rule| rule.unless.as_ref());
            let replacing = rules.parameters.iter().filter_map(|rule| rule.required_unless.as_ref());
            for parameter in grouped.chain(deciding).chain(excluding).chain(replacing) {
                assert!(rules.parameter(parameter).is_some(), "{name}: {parameter}");
            }
            for refused in &rules.refused {
                assert!(rules.parameter(refused).is_none(), "{name}: {refused} is taken and refused");
            }
            assert_eq!(rules.terminal, rules.next == NextRequirement::None, "{name}");
        }
        for meant in catalogue.also_known_as.values().flat_map(|names| names.values()).flatten() {
            assert!(catalogue.get(meant).is_some(), "{meant}");
        }
        for alias in catalogue.aliases() {
            assert!(catalogue.get(alias).is_none(), "{alias} is a real type");
        }
    }

    #[test]
    fn documented_types_name_their_page_and_month() {
        for (name, rules) in &Catalogue::builtin().actions {
            let month = rules.date.strip_prefix("2026-").and_then(|month| month.parse::<u8>().ok());
            assert!(month.is_some_and(|month| (1..=12).contains(&month)), "{name}: {}", rules.date);
            if rules.status == Status::Documented {
                assert!(rules.page.starts_with("devguide/") || rules.page.starts_with("adminguide/"), "{name}: {}", rules.page);
            }
        }
    }
}
