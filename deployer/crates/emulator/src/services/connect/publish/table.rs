//! The table of the Flow language that records and exports show accepted.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde::Deserialize;

/// The Flow language as the emulator knows it.
#[derive(Debug, Deserialize)]
pub(super) struct Table {
    /// Root names of JSONPath references.
    pub(super) roots: Vec<String>,
    /// Kind of the resource that a parameter names, by parameter.
    pub(super) references: BTreeMap<String, String>,
    /// Parameters that are a single JSONPath.
    pub(super) paths: Vec<String>,
    /// Allowed values of parameters with an enumerated set.
    pub(super) values: BTreeMap<String, Vec<String>>,
    /// Minimum and maximum of numeric parameters.
    pub(super) numbers: BTreeMap<String, (i64, i64)>,
    /// Parameters in which any JSON was observed.
    pub(super) any_json: Vec<String>,
    /// Rules by action type.
    pub(super) actions: BTreeMap<String, ActionRules>,
}

/// Known rules of one action type.
#[derive(Debug, Deserialize)]
pub(super) struct ActionRules {
    /// Whether the service is on record with refusing other names here.
    pub(super) closed: bool,
    pub(super) parameters: Vec<String>,
    #[serde(default)]
    pub(super) required: Vec<String>,
    /// Parameter whose presence makes the required parameters optional.
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
    /// Condition operands, if the set is closed.
    #[serde(default)]
    pub(super) operands: Vec<String>,
    /// Required error branches.
    #[serde(default)]
    pub(super) errors: Vec<String>,
    /// Optional error branches.
    #[serde(default)]
    pub(super) also_errors: Vec<String>,
    #[serde(default)]
    pub(super) errors_when: Vec<ErrorsWhen>,
    #[serde(default)]
    pub(super) next: Next,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Conditions {
    /// `Equals` with any word.
    Equals,
    /// `Equals` with one telephone key.
    Dtmf,
    /// `Equals` with each of the operands.
    Fixed,
    /// Numeric comparisons; at least one.
    Numeric,
    /// Any comparison.
    Free,
}

/// Presence of `NextAction` in an action.
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
    /// Required value of the parameter.
    #[serde(default)]
    pub(super) is: Option<String>,
    /// Required element of the parameter, which is a list.
    #[serde(default)]
    pub(super) has: Option<String>,
    /// JSON pointer below the parameters that must also exist.
    #[serde(default)]
    pub(super) with: Option<String>,
    pub(super) errors: Vec<String>,
    /// Whether the branches are refused otherwise.
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
