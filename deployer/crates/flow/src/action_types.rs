//! The table of the Flow language: for each action type its parameters, conditions, errors and the kinds of flow it may stand
//! in; the roots of JSONPath references; names that people write for action types.
//!
//! The facts are in `catalogue.json`. Each action type names the page of AWS's guides that describes it, the month in which the
//! entry was last compared, and its [`Status`]: how well the entry is known. The status decides how severe a breach of a rule is.
//! A name that the table does not have is never an error, because the service is ahead of its guides.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde::Deserialize;

/// How well a fact of the language is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// A published record of real `CreateContactFlow` calls shows that the service enforces it.
    Recorded,
    /// AWS's guides state it.
    Documented,
    /// Published console exports have it; where a guide states otherwise, the exports count.
    Seen,
    /// Only other people's tools have it.
    Unknown,
}

/// The table of the Flow language.
#[derive(Debug, Deserialize)]
pub struct Catalogue {
    guides: String,
    actions: BTreeMap<String, ActionType>,
    roots: BTreeMap<String, Status>,
    also_known_as: BTreeMap<NameSource, BTreeMap<String, Vec<String>>>,
    /// The source and the spelling of each of those names by its letters.
    #[serde(skip)]
    by_letters: OnceLock<BTreeMap<String, (NameSource, String)>>,
}

/// Where a name comes from that people write for an action type and that is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum NameSource {
    /// The title of a page of AWS's guide that differs from the type it describes.
    Page,
    /// The type of a block in an export of the old designer.
    Designer,
    /// The name of a block in the console.
    Block,
    /// A name that people and tools invent.
    Invented,
}

/// The rules of one action type.
#[derive(Debug, Deserialize)]
pub struct ActionType {
    /// The name of the block in the console's designer.
    pub block: String,
    /// How well its rules are known.
    pub status: Status,
    /// The page that describes it, below the guides' address; empty when there is none.
    pub page: String,
    /// The month in which the entry was last compared with its source, such as `2026-11`.
    pub date: String,
    /// The parameters it takes.
    pub parameters: Vec<Parameter>,
    /// Rules between parameters.
    #[serde(default)]
    pub groups: Vec<Group>,
    /// Names of parameters that the service is recorded to refuse.
    #[serde(default)]
    pub refused: Vec<String>,
    /// The conditions it takes; none when absent.
    #[serde(default)]
    pub conditions: Option<Conditions>,
    /// The error branches it needs, takes and refuses.
    #[serde(default)]
    pub errors: Errors,
    /// Whether `NextAction` must be there.
    pub next: NextRequirement,
    /// Whether the flow ends here, so that no transitions are allowed.
    #[serde(default)]
    pub terminal: bool,
    /// The flow types it may stand in; any when absent.
    #[serde(default)]
    pub flow_types: Option<Vec<String>>,
    /// The channels it works in; any when absent.
    #[serde(default)]
    pub channels: Option<Vec<String>>,
}

/// Whether `NextAction` belongs to an action.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NextRequirement {
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
    /// How well it is known; as well as its action type when absent.
    #[serde(default)]
    pub status: Option<Status>,
    /// Whether it must be there.
    #[serde(default)]
    pub required: bool,
    /// The parameter in whose absence it must be there.
    #[serde(default)]
    pub required_unless: Option<String>,
    /// The values it takes.
    #[serde(default, rename = "enum")]
    pub values: Option<Vec<String>>,
    /// Whether the service may take more values than those.
    #[serde(default)]
    pub open: bool,
    /// Whether it holds a whole number.
    #[serde(default)]
    pub integer: bool,
    /// Whether JSON numbers are known to be taken too.
    #[serde(default)]
    pub numbers: bool,
    /// The least number.
    #[serde(default)]
    pub min: Option<i64>,
    /// The greatest number.
    #[serde(default)]
    pub max: Option<i64>,
    /// The kind of resource it names.
    #[serde(default, rename = "ref")]
    pub reference: Option<String>,
    /// Whether any JSON may stand inside it: numbers, truth values, empty texts.
    #[serde(default)]
    pub free: bool,
    /// The known keys of a map.
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
    pub mode: ConditionMode,
    /// The only operands, when they are given.
    #[serde(default)]
    pub operands: Option<Vec<String>>,
}

/// Which conditions an action type takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConditionMode {
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
    /// Must be there in some cases.
    #[serde(default)]
    pub conditional: Vec<Conditional>,
}

/// Error branches that depend on a parameter.
#[derive(Debug, Deserialize)]
pub struct Conditional {
    /// The deciding parameter; with no further rule, its presence decides.
    pub parameter: String,
    /// The parameter in whose presence the rule does not hold.
    #[serde(default)]
    pub unless: Option<String>,
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
    /// Whether the service is recorded to refuse them in all other cases.
    #[serde(default)]
    pub refused_otherwise: bool,
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

    /// The types meant by a name that people write for an action type, best first, and where the name comes from. Capitals and
    /// signs make no difference.
    #[must_use]
    pub fn canonical_name(&self, name: &str) -> Option<(NameSource, &[String])> {
        let by_letters = self.by_letters.get_or_init(|| {
            let all = self.also_known_as.iter().flat_map(|(source, names)| names.keys().map(|alias| (*source, alias.clone())));
            all.map(|(source, alias)| (letters(&alias), (source, alias))).collect()
        });
        let (source, alias) = by_letters.get(&letters(name))?;
        Some((*source, self.also_known_as.get(source)?.get(alias)?))
    }

    /// The names that [`Self::meant_by`] knows.
    pub(crate) fn aliases(&self) -> impl Iterator<Item = &str> {
        self.also_known_as.values().flat_map(|names| names.keys().map(String::as_str))
    }

    /// The address of the page that describes an action type.
    #[must_use]
    pub fn page(&self, rules: &ActionType) -> Option<String> {
        (!rules.page.is_empty()).then(|| format!("{}{}.html", self.guides, rules.page))
    }

    /// How well a root of JSONPath references is known; `None` for one that the table does not have.
    #[must_use]
    pub fn root(&self, name: &str) -> Option<Status> {
        self.roots.get(name).copied()
    }

    /// The roots of JSONPath references, in alphabetical order.
    pub fn roots(&self) -> impl Iterator<Item = &str> {
        self.roots.keys().map(String::as_str)
    }
}

/// The letters and digits of a name, small.
fn letters(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).take(100).collect()
}

impl ActionType {
    /// The parameter with this name.
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<&Parameter> {
        self.parameters.iter().find(|known| known.name == name)
    }
}

impl Parameter {
    /// How well the parameter is known.
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
