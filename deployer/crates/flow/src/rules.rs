//! The parts of an action type's declaration: parameters, conditions, error branches, and what a simulated call does.

/// The reliability of a fact about the language. It determines the severity of a violation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
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

/// Where the rules of an action type come from.
#[derive(Debug, Clone, Copy)]
pub struct Source {
    /// Reliability of the rules.
    pub status: Status,
    /// Page that describes the action, relative to the address of AWS's guides; empty if there is none.
    pub page: &'static str,
    /// Month in which the rules were last compared with the page, such as `2026-11`.
    pub month: &'static str,
}

/// Address of AWS's guides.
const GUIDES: &str = "https://docs.aws.amazon.com/connect/latest/";

impl Source {
    pub(crate) const fn recorded(page: &'static str, month: &'static str) -> Self {
        Self { status: Status::Recorded, page, month }
    }

    pub(crate) const fn documented(page: &'static str, month: &'static str) -> Self {
        Self { status: Status::Documented, page, month }
    }

    pub(crate) const fn unknown(page: &'static str, month: &'static str) -> Self {
        Self { status: Status::Unknown, page, month }
    }

    /// Returns the address of the page.
    #[must_use]
    pub fn guide(&self) -> Option<String> {
        (!self.page.is_empty()).then(|| format!("{GUIDES}{}.html", self.page))
    }
}

/// Requirement on an action's `NextAction`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NextRequirement {
    /// `NextAction` is required.
    Required,
    /// `NextAction` is optional.
    Optional,
    /// `NextAction` is forbidden: the flow ends here, so that no transitions are allowed.
    None,
}

/// A parameter of an action type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parameter {
    /// Name of the parameter.
    pub name: &'static str,
    /// Kind of value it accepts.
    pub kind: Kind,
    /// Reliability of the entry; that of the action type if absent.
    pub status: Option<Status>,
    /// Whether the parameter is required.
    pub required: bool,
    /// Name of another parameter; this one is required if that one is absent.
    pub required_unless: Option<&'static str>,
    /// The accepted values; empty if any are.
    pub values: &'static [&'static str],
    /// Whether the service may accept other values too.
    pub open: bool,
    /// Whether it holds an integer.
    pub integer: bool,
    /// Whether JSON numbers are known to be accepted too.
    pub numbers: bool,
    /// Minimum number.
    pub min: Option<i64>,
    /// Maximum number.
    pub max: Option<i64>,
    /// Kind of resource it refers to.
    pub reference: Option<&'static str>,
    /// Whether any JSON is accepted inside it: numbers, booleans, empty strings.
    pub free: bool,
    /// Whether the service is seen to refuse JSON booleans inside it.
    pub refuses_booleans: bool,
    /// The known keys of a map, or members of an object; empty if any are accepted.
    pub members: &'static [&'static str],
    /// Maximum number of entries of a map.
    pub max_entries: Option<usize>,
    /// Minimum number of entries of a list.
    pub min_entries: Option<usize>,
    /// Whether a list consists of prompts.
    pub prompts: bool,
    /// Member of each entry of a map that holds the entry's value; `None` if the entry is the value.
    pub entry_member: Option<&'static str>,
    /// Member of an object that identifies a resource, and the kind of that resource.
    pub identified_by: Option<(&'static str, &'static str)>,
}

/// Kind of value of a parameter (AWS page on the Flow language, "Parameters").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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

/// Builders of declarations, such as `Parameter::single("QueueId").refers_to("queue")`.
impl Parameter {
    const fn new(name: &'static str, kind: Kind) -> Self {
        Self {
            name,
            kind,
            status: None,
            required: false,
            required_unless: None,
            values: &[],
            open: false,
            integer: false,
            numbers: false,
            min: None,
            max: None,
            reference: None,
            free: false,
            refuses_booleans: false,
            members: &[],
            max_entries: None,
            min_entries: None,
            prompts: false,
            entry_member: None,
            identified_by: None,
        }
    }

    pub(crate) const fn fixed(name: &'static str) -> Self {
        Self::new(name, Kind::Static)
    }

    pub(crate) const fn single(name: &'static str) -> Self {
        Self::new(name, Kind::Single)
    }

    pub(crate) const fn dynamic(name: &'static str) -> Self {
        Self::new(name, Kind::Dynamic)
    }

    pub(crate) const fn jsonpath(name: &'static str) -> Self {
        Self::new(name, Kind::Jsonpath)
    }

    pub(crate) const fn map(name: &'static str) -> Self {
        Self::new(name, Kind::Map)
    }

    pub(crate) const fn list(name: &'static str) -> Self {
        Self::new(name, Kind::List)
    }

    pub(crate) const fn object(name: &'static str) -> Self {
        Self::new(name, Kind::Object)
    }

    pub(crate) const fn required(self) -> Self {
        Self { required: true, ..self }
    }

    pub(crate) const fn required_unless(self, other: &'static str) -> Self {
        Self { required_unless: Some(other), ..self }
    }

    pub(crate) const fn one_of(self, values: &'static [&'static str]) -> Self {
        Self { values, ..self }
    }

    /// Says that these values are documented and that the service may accept others.
    pub(crate) const fn such_as(self, values: &'static [&'static str]) -> Self {
        Self { values, open: true, ..self }
    }

    pub(crate) const fn integer(self) -> Self {
        Self { integer: true, ..self }
    }

    pub(crate) const fn at_least(self, min: i64) -> Self {
        Self { integer: true, min: Some(min), ..self }
    }

    pub(crate) const fn between(self, min: i64, max: i64) -> Self {
        Self { integer: true, min: Some(min), max: Some(max), ..self }
    }

    /// Says that JSON numbers are accepted too.
    pub(crate) const fn or_number(self) -> Self {
        Self { numbers: true, ..self }
    }

    pub(crate) const fn refers_to(self, kind: &'static str) -> Self {
        Self { reference: Some(kind), ..self }
    }

    /// Says that any JSON is accepted inside.
    pub(crate) const fn free(self) -> Self {
        Self { free: true, ..self }
    }

    /// Says that the service is seen to refuse JSON booleans inside.
    pub(crate) const fn refuses_booleans(self) -> Self {
        Self { refuses_booleans: true, ..self }
    }

    pub(crate) const fn members(self, members: &'static [&'static str]) -> Self {
        Self { members, ..self }
    }

    pub(crate) const fn at_most_entries(self, max: usize) -> Self {
        Self { max_entries: Some(max), ..self }
    }

    pub(crate) const fn not_empty(self) -> Self {
        Self { min_entries: Some(1), ..self }
    }

    pub(crate) const fn status(self, status: Status) -> Self {
        Self { status: Some(status), ..self }
    }

    /// Says that the list consists of prompts.
    pub(crate) const fn of_prompts(self) -> Self {
        Self { prompts: true, ..self }
    }

    /// Says that each entry of the map is an object whose member holds the value.
    pub(crate) const fn entries_in(self, member: &'static str) -> Self {
        Self { entry_member: Some(member), ..self }
    }

    /// Says which member of the object identifies a resource.
    pub(crate) const fn identified_by(self, member: &'static str, kind: &'static str) -> Self {
        Self { identified_by: Some((member, kind)), ..self }
    }
}

/// A function of the flow builder that returns an action of a type, where its name and methods are not simply derived from the
/// declaration.
#[derive(Debug, Clone, Copy)]
pub struct Form {
    /// Name of the function.
    pub function: &'static str,
    /// Names of the methods whose values are the function's arguments.
    pub takes: &'static [&'static str],
    /// Parameters with a fixed value.
    pub fixed: &'static [(&'static str, &'static str)],
    /// Parameters that this form does not have.
    pub without: &'static [&'static str],
    /// Optional parameters, and operands of conditions, that this form requires.
    pub requires: &'static [&'static str],
    /// Names of methods, by parameter, error type or operand.
    pub words: &'static [(&'static str, &'static str)],
}

impl Form {
    pub(crate) const fn new(function: &'static str, takes: &'static [&'static str]) -> Self {
        Self { function, takes, fixed: &[], without: &[], requires: &[], words: &[] }
    }

    pub(crate) const fn fixed(self, fixed: &'static [(&'static str, &'static str)]) -> Self {
        Self { fixed, ..self }
    }

    pub(crate) const fn without(self, without: &'static [&'static str]) -> Self {
        Self { without, ..self }
    }

    pub(crate) const fn requires(self, requires: &'static [&'static str]) -> Self {
        Self { requires, ..self }
    }

    pub(crate) const fn words(self, words: &'static [(&'static str, &'static str)]) -> Self {
        Self { words, ..self }
    }
}

/// A rule about several parameters.
#[derive(Debug, Clone, Copy)]
pub struct Group {
    /// Number of the parameters that may be present.
    pub rule: Rule,
    /// The parameters.
    pub keys: &'static [&'static str],
}

/// Number of parameters of a [`Group`] that may be present at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// Exactly one.
    ExactlyOne,
    /// Zero or one.
    AtMostOne,
    /// One or more.
    AtLeastOne,
}

impl Group {
    pub(crate) const fn exactly_one(keys: &'static [&'static str]) -> Self {
        Self { rule: Rule::ExactlyOne, keys }
    }

    pub(crate) const fn at_most_one(keys: &'static [&'static str]) -> Self {
        Self { rule: Rule::AtMostOne, keys }
    }

    pub(crate) const fn at_least_one(keys: &'static [&'static str]) -> Self {
        Self { rule: Rule::AtLeastOne, keys }
    }
}

/// The conditions an action type accepts.
#[derive(Debug, Clone, Copy)]
pub struct Conditions {
    /// Accepted operators and operands.
    pub mode: ConditionMode,
    /// The only accepted operands; empty if they are not fixed.
    pub operands: &'static [&'static str],
}

/// Kind of conditions an action type accepts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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

impl Conditions {
    pub(crate) const fn new(mode: ConditionMode, operands: &'static [&'static str]) -> Option<Self> {
        Some(Self { mode, operands })
    }
}

/// The error branches of an action type.
#[derive(Debug, Clone, Copy)]
pub struct Errors {
    /// Required error branches.
    pub required: &'static [&'static str],
    /// Optional error branches.
    pub optional: &'static [&'static str],
    /// Rejected error branches.
    pub rejected: &'static [&'static str],
    /// Error branches required in some cases only.
    pub conditional: &'static [Conditional],
}

impl Errors {
    /// No error branches.
    pub(crate) const NONE: Self = Self { required: &[], optional: &[], rejected: &[], conditional: &[] };

    pub(crate) const fn required(required: &'static [&'static str]) -> Self {
        Self { required, ..Self::NONE }
    }

    pub(crate) const fn optional(optional: &'static [&'static str]) -> Self {
        Self { optional, ..Self::NONE }
    }

    pub(crate) const fn rejected(rejected: &'static [&'static str]) -> Self {
        Self { rejected, ..Self::NONE }
    }
}

/// Error branches that depend on a parameter.
#[derive(Debug, Clone, Copy)]
pub struct Conditional {
    /// The deciding parameter; without a further rule, its presence decides.
    pub parameter: &'static str,
    /// Name of another parameter; the rule does not apply if that one is present.
    pub unless: Option<&'static str>,
    /// The parameter must have this value.
    pub is: Option<&'static str>,
    /// The parameter must not have this value.
    pub not: Option<&'static str>,
    /// The parameter must be a list with this element.
    pub has: Option<&'static str>,
    /// Additionally, this member of this other parameter must be present.
    pub with: Option<(&'static str, &'static str)>,
    /// The error branches that are required then.
    pub errors: &'static [&'static str],
    /// Whether the service is recorded to reject them in all other cases.
    pub refused_otherwise: bool,
}

impl Conditional {
    /// Requires these error branches if the parameter is present.
    pub(crate) const fn if_present(parameter: &'static str, errors: &'static [&'static str]) -> Self {
        Self { parameter, unless: None, is: None, not: None, has: None, with: None, errors, refused_otherwise: false }
    }

    pub(crate) const fn if_is(parameter: &'static str, value: &'static str, errors: &'static [&'static str]) -> Self {
        Self { is: Some(value), ..Self::if_present(parameter, errors) }
    }

    pub(crate) const fn if_not(parameter: &'static str, value: &'static str, errors: &'static [&'static str]) -> Self {
        Self { not: Some(value), ..Self::if_present(parameter, errors) }
    }

    pub(crate) const fn if_has(parameter: &'static str, element: &'static str, errors: &'static [&'static str]) -> Self {
        Self { has: Some(element), ..Self::if_present(parameter, errors) }
    }

    pub(crate) const fn with(self, parameter: &'static str, member: &'static str) -> Self {
        Self { with: Some((parameter, member)), ..self }
    }

    pub(crate) const fn unless(self, other: &'static str) -> Self {
        Self { unless: Some(other), ..self }
    }

    pub(crate) const fn refused_otherwise(self) -> Self {
        Self { refused_otherwise: true, ..self }
    }
}

/// The treatment of an action type in a simulated voice call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum SimulationSupport {
    /// It does the same as in Connect.
    Performed,
    /// It succeeds; its effects cannot be observed in the call.
    NoEffect,
    /// Its result comes from outside of the call: either a test defines it, or the action takes its error branch.
    External,
    /// It does not work in a voice call and takes its error branch.
    NotInVoice,
}

/// Facts about an action type in a voice call, with their source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Simulation {
    /// Treatment in the simulation.
    pub support: SimulationSupport,
    /// Effect in the call, or the reason why there is none.
    pub description: &'static str,
    /// Source of that fact.
    pub source: &'static str,
    /// Whether a test may define the result of such an action.
    pub accepts_stubbed_result: bool,
}

impl Simulation {
    const fn new(support: SimulationSupport, description: &'static str, source: &'static str) -> Self {
        let accepts_stubbed_result = matches!(support, SimulationSupport::External);
        Self { support, description, source, accepts_stubbed_result }
    }

    pub(crate) const fn performed(description: &'static str, source: &'static str) -> Self {
        Self::new(SimulationSupport::Performed, description, source)
    }

    pub(crate) const fn no_effect(description: &'static str, source: &'static str) -> Self {
        Self::new(SimulationSupport::NoEffect, description, source)
    }

    pub(crate) const fn external(description: &'static str, source: &'static str) -> Self {
        Self::new(SimulationSupport::External, description, source)
    }

    pub(crate) const fn not_in_voice(description: &'static str, source: &'static str) -> Self {
        Self::new(SimulationSupport::NotInVoice, description, source)
    }

    /// Says that the instance determines the result, and a test may also define it directly.
    pub(crate) const fn or_stubbed(self) -> Self {
        Self { accepts_stubbed_result: true, ..self }
    }
}
