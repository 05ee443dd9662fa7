//! The table of what records and exports show accepted.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde::Deserialize;

/// The Flow language as the embedded AWS knows it.
#[derive(Debug, Deserialize)]
pub(super) struct Table {
    /// The roots of JSONPath references.
    pub(super) roots: Vec<String>,
    /// The kind of resource that a parameter names.
    pub(super) references: BTreeMap<String, String>,
    /// Parameters that are one JSONPath.
    pub(super) paths: Vec<String>,
    /// The values of parameters that have few.
    pub(super) values: BTreeMap<String, Vec<String>>,
    /// The least and the greatest number of parameters that hold one.
    pub(super) numbers: BTreeMap<String, (i64, i64)>,
    /// Parameters inside of which any JSON was seen.
    pub(super) any_json: Vec<String>,
    /// What is known of each action type.
    pub(super) actions: BTreeMap<String, ActionRules>,
}

/// What is known of one action type.
#[derive(Debug, Deserialize)]
pub(super) struct ActionRules {
    /// Whether the service is on record with refusing other names here.
    pub(super) closed: bool,
    pub(super) parameters: Vec<String>,
    #[serde(default)]
    pub(super) required: Vec<String>,
    /// The parameter in whose presence none is required.
    #[serde(default)]
    pub(super) required_unless: Option<String>,
    #[serde(default)]
    pub(super) exactly_one: Vec<String>,
    #[serde(default)]
    pub(super) at_most_one: Vec<String>,
    #[serde(default)]
    pub(super) at_least_one: Vec<String>,
    #[serde(default)]
    pub(super) conditions: Option<Conditions>,
    /// The operands of conditions, where there are no others.
    #[serde(default)]
    pub(super) operands: Vec<String>,
    /// The error branches that must be there.
    #[serde(default)]
    pub(super) errors: Vec<String>,
    /// The error branches that may be there.
    #[serde(default)]
    pub(super) also_errors: Vec<String>,
    #[serde(default)]
    pub(super) errors_when: Vec<ErrorsWhen>,
    #[serde(default)]
    pub(super) next: Next,
}

/// The conditions of an action type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Conditions {
    /// `Equals` with any word.
    Equals,
    /// `Equals` with one key of a telephone.
    Dtmf,
    /// `Equals` with each of the operands.
    Fixed,
    /// A comparison of numbers; at least one.
    Numeric,
    /// Any comparison.
    Free,
}

/// Whether `NextAction` belongs to an action.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Next {
    #[default]
    Required,
    Optional,
    None,
}

/// Error branches that depend on a parameter.
#[derive(Debug, Deserialize)]
pub(super) struct ErrorsWhen {
    pub(super) parameter: String,
    /// The parameter has this value.
    #[serde(default)]
    pub(super) is: Option<String>,
    /// The parameter is a list with this element.
    #[serde(default)]
    pub(super) has: Option<String>,
    /// And this place below the parameters, a JSON pointer, is there.
    #[serde(default)]
    pub(super) with: Option<String>,
    pub(super) errors: Vec<String>,
    /// Whether they are refused otherwise.
    #[serde(default)]
    pub(super) only: bool,
}

impl Table {
    pub(super) fn builtin() -> &'static Self {
        static BUILTIN: OnceLock<Table> = OnceLock::new();
        BUILTIN.get_or_init(|| {
            let text = include_str!("table.json");
            serde_json::from_str(text).expect("the table that is compiled in is well-formed")
        })
    }
}
