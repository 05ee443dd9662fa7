//! The tables, read when a service is first called.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use fancy_regex::Regex;
use serde::{Deserialize, Deserializer};

use crate::request::Service;

/// One service's operations and the shapes of their inputs.
#[derive(Debug, Deserialize)]
pub(super) struct Table {
    pub(super) operations: BTreeMap<String, Operation>,
    pub(super) shapes: BTreeMap<String, Shape>,
    /// Members that are not carried out, as `Shape.Member`.
    #[serde(skip)]
    pub(super) unsupported: BTreeSet<String>,
    /// Members that AWS takes and does nothing with.
    #[cfg(test)]
    #[serde(skip)]
    pub(super) ignored: BTreeSet<String>,
}

/// One operation.
#[derive(Debug, Deserialize)]
pub(super) struct Operation {
    /// The codes it declares.
    pub(super) errors: Vec<String>,
    /// Its input's shape; `None` if it takes nothing.
    pub(super) input: Option<String>,
}

/// One shape of an input.
#[derive(Debug, Deserialize)]
pub(super) struct Shape {
    #[serde(rename = "type")]
    pub(super) kind: Kind,
    #[serde(default)]
    pub(super) required: Vec<String>,
    #[serde(default)]
    pub(super) members: BTreeMap<String, Member>,
    /// Least length, size or value.
    pub(super) min: Option<f64>,
    /// Greatest length, size or value.
    pub(super) max: Option<f64>,
    pub(super) pattern: Option<Pattern>,
    #[serde(rename = "enum", default)]
    pub(super) values: Vec<String>,
    /// Its value must not stand in messages.
    #[serde(default)]
    pub(super) sensitive: bool,
    /// What a list holds.
    pub(super) member: Option<String>,
    /// What a map's keys are.
    pub(super) key: Option<String>,
    /// What a map's values are.
    pub(super) value: Option<String>,
}

/// What a value is, in the words of the models.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Kind {
    Structure,
    List,
    Map,
    String,
    Character,
    Blob,
    Boolean,
    Integer,
    Long,
    Float,
    Double,
    Timestamp,
}

/// A member of a structure.
#[derive(Debug, Deserialize)]
pub(super) struct Member {
    pub(super) shape: String,
    /// Where it travels; in the body if nowhere else.
    pub(super) location: Option<Location>,
    /// What it is called there.
    #[serde(rename = "locationName")]
    pub(super) name: Option<String>,
}

/// A place of a request that is not its body's JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Location {
    Uri,
    QueryString,
    Header,
    Headers,
}

/// A pattern that a whole text must match, as the models write it.
#[derive(Debug)]
pub(super) struct Pattern {
    pub(super) text: String,
    whole: LazyLock<Regex, Box<dyn FnOnce() -> Regex + Send>>,
}

impl Pattern {
    fn new(text: String) -> Self {
        let source = text.clone();
        // A test compiles every pattern of every table.
        let compile = move || whole(&source).unwrap_or_else(|error| unreachable!("{source}: {error}"));
        Self { text, whole: LazyLock::new(Box::new(compile)) }
    }

    /// Whether the whole of `value` matches. One that costs too many steps does not.
    pub(super) fn fits(&self, value: &str) -> bool {
        self.whole.is_match(value).unwrap_or(false)
    }
}

/// The models are written for Java: `\w` and `\d` are ASCII there, a `-` after a range stands for itself, and the whole text
/// has to match.
fn whole(pattern: &str) -> Result<Regex, Box<fancy_regex::Error>> {
    let mut ours = String::with_capacity(pattern.len() + 8);
    let mut in_class = false;
    let mut chars = pattern.chars().peekable();
    while let Some(c) = chars.next() {
        match (c, in_class) {
            ('\\', _) => match (chars.next(), in_class) {
                (Some('w'), true) => ours.push_str("a-zA-Z0-9_"),
                (Some('w'), false) => ours.push_str("[a-zA-Z0-9_]"),
                (Some('d'), true) => ours.push_str("0-9"),
                (Some('d'), false) => ours.push_str("[0-9]"),
                (Some(escaped), _) => ours.extend(['\\', escaped]),
                (None, _) => ours.push('\\'),
            },
            ('[', false) => {
                in_class = true;
                ours.push('[');
                if chars.peek() == Some(&'^') {
                    ours.extend(chars.next());
                }
            }
            // Would begin a class within the class.
            ('[', true) => ours.push_str("\\["),
            (']', true) => {
                in_class = false;
                ours.push(']');
            }
            ('-', true) if ours.ends_with(|last: char| last.is_ascii_alphanumeric()) && after_range(&ours) => {
                ours.push_str("\\-")
            }
            (c, _) => ours.push(c),
        }
    }
    Regex::new(&format!(r"\A(?:{ours})\z")).map_err(Box::new)
}

/// Whether what is written so far ends in a range such as `0-9`.
fn after_range(written: &str) -> bool {
    let mut last = written.chars().rev();
    last.next();
    last.next() == Some('-') && last.next().is_some_and(|first| first.is_ascii_alphanumeric())
}

impl<'de> Deserialize<'de> for Pattern {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::new)
    }
}

const UNSUPPORTED: &str = include_str!("../../model/unsupported.txt");

fn read(service: &str, json: &str) -> Table {
    // A test reads every table.
    let mut table: Table = serde_json::from_str(json).unwrap_or_else(|error| unreachable!("{service}: {error}"));
    let lines = UNSUPPORTED.lines().filter_map(|line| line.strip_prefix(service)?.strip_prefix(' '));
    table.unsupported = lines.clone().filter(|line| !line.contains(' ')).map(str::to_owned).collect();
    #[cfg(test)]
    table.ignored.extend(lines.filter_map(|line| line.split_once(" ignored: ")).map(|(member, _)| member.to_owned()));
    table
}

macro_rules! tables {
    ($($service:ident $name:literal),*) => {
        /// The table of a service, if it has one.
        pub(super) fn of(service: Service) -> Option<&'static Table> {
            match service {
                $(Service::$service => {
                    static TABLE: LazyLock<Table> = LazyLock::new(|| read($name, include_str!(concat!("../../model/", $name, ".json"))));
                    Some(&TABLE)
                })*
                #[allow(unreachable_patterns)]
                _ => None,
            }
        }

        /// The services that have one, and the folders of their sources.
        #[cfg(test)]
        pub(super) const ALL: &[(Service, &str)] = &[$((Service::$service, $name)),*];
    };
}

tables!(
    Acm "acm", ApiGateway "apigateway", Connect "connect", DynamoDb "dynamodb", Iam "iam", Lambda "lambda", Logs "logs",
    Sts "sts", Tagging "tagging"
);
