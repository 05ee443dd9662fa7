//! The assembly: what a program that declares a stack is given, and what it gives back, as JSON.
//!
//! The program gets a [`Request`] on standard input and writes an [`Assembly`] as the last line of its standard output. The sections of
//! the assembly are those of a spec, so everything that reads a spec reads them; resources and overrides are added to its graph.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use deployer_engine::{Address, Expr, Graph, Node};
use deployer_resources::{check_properties, type_definition};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Version of request and assembly.
pub const VERSION: u32 = 1;

/// The environment that a program declares a stack for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Request {
    /// Version of the request.
    pub version: u32,
    /// The project.
    pub project: String,
    /// The environment.
    pub environment: String,
    /// Whether it is on the embedded AWS.
    pub embedded: bool,
    /// The account ID.
    pub account: String,
    /// The Region.
    pub region: String,
    /// Tags of every resource.
    #[serde(default)]
    pub tags: BTreeMap<String, String>,
    /// The values of `app.context`.
    #[serde(default)]
    pub context: BTreeMap<String, Value>,
}

impl Request {
    /// Returns the request for an environment on the embedded AWS, with its default account and Region and without tags and context.
    pub fn embedded(project: &str, environment: &str) -> Self {
        Self {
            version: VERSION,
            project: project.to_owned(),
            environment: environment.to_owned(),
            embedded: true,
            account: "111122223333".to_owned(),
            region: "us-east-1".to_owned(),
            tags: BTreeMap::new(),
            context: BTreeMap::new(),
        }
    }
}

/// A position in the sources of a program.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Location {
    /// The file, as the compiler names it.
    pub file: String,
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file, self.line)
    }
}

impl From<&std::panic::Location<'_>> for Location {
    fn from(place: &std::panic::Location<'_>) -> Self {
        Self { file: place.file().to_owned(), line: place.line(), column: place.column() }
    }
}

/// A construct of the program.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Construct {
    /// Its path in the tree of constructs, such as `vanity/convert`.
    pub path: String,
    /// Its Rust type.
    pub kind: String,
    /// The entry of the spec, such as `functions.convert`, or the address of the resource that it declares.
    pub declares: String,
    /// Its position.
    pub location: Location,
}

/// A resource that no section declares.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AddedResource {
    /// Name of its type, such as `logs.group`.
    #[serde(rename = "type")]
    pub type_name: String,
    /// Its properties, complete.
    pub properties: Expr,
    /// Resources that must exist first although no property refers to them.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub after: BTreeSet<Address>,
    /// Its position.
    pub location: Location,
}

/// A property of a resource that is set after everything else.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Override {
    /// The resource.
    pub address: Address,
    /// The property with dots, as plans show it, such as `tags.team`.
    pub path: String,
    /// The value.
    pub value: Expr,
    /// Its position.
    pub location: Location,
}

/// The severity of a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Nothing is planned or applied.
    Error,
    /// `check` shows it.
    Warning,
}

/// Something that the program or one of its rules found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// The severity.
    pub severity: Severity,
    /// The rule, such as `table-backups`.
    pub rule: String,
    /// The resource or entry that it is about; may be empty.
    pub subject: String,
    /// The description.
    pub message: String,
    /// Advice.
    pub help: Option<String>,
    /// The position.
    pub location: Location,
}

/// What a program declares.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Assembly {
    /// Version of the assembly.
    #[serde(rename = "deployer_assembly")]
    pub version: u32,
    /// Sections of a spec: `tables`, `functions`, `connect`, `api` and `lifecycle`.
    #[serde(default)]
    pub sections: Map<String, Value>,
    /// Contents of flows, modules and documents that are not files, by section and key, such as `flows/main`.
    #[serde(default)]
    pub contents: BTreeMap<String, Value>,
    /// The constructs in the order of their declaration.
    #[serde(default)]
    pub constructs: Vec<Construct>,
    /// Positions of values in the sections, by path.
    #[serde(default)]
    pub positions: BTreeMap<String, Location>,
    /// Resources by address.
    #[serde(default)]
    pub resources: BTreeMap<Address, AddedResource>,
    /// Overrides in their order.
    #[serde(default)]
    pub overrides: Vec<Override>,
    /// Findings.
    #[serde(default)]
    pub findings: Vec<Finding>,
}

/// What does not fit the rest of a stack, with its position in the program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AssemblyProblem {
    /// The resource.
    pub address: Address,
    /// The description.
    pub message: String,
    /// Advice.
    pub help: Option<String>,
    /// The position.
    pub location: Location,
}

/// Returns the path in the project at which the content of `flows/main` is found.
pub fn content_path(environment: &str, content: &str) -> String {
    format!(".deployer/app/{environment}/{content}.json")
}

impl Assembly {
    /// Reads an assembly.
    ///
    /// # Errors
    /// Says that it is of another version, or which part of it cannot be read.
    pub fn parse(text: &str) -> Result<Self, String> {
        #[derive(Deserialize)]
        struct Head {
            deployer_assembly: u32,
        }
        let head: Head = serde_json::from_str(text).map_err(|error| error.to_string())?;
        if head.deployer_assembly != VERSION {
            return Err(format!("it is of version {}, and this deployer reads version {VERSION}", head.deployer_assembly));
        }
        serde_json::from_str(text).map_err(|error| error.to_string())
    }

    /// Returns the position of an entry or resource; `None` if the program does not declare it.
    pub fn location_of(&self, address: &Address) -> Option<&Location> {
        if let Some(added) = self.resources.get(address) {
            return Some(&added.location);
        }
        self.positions.get(&crate::lifecycle::entry_of(address)?)
    }

    /// Adds the resources and sets the overridden properties.
    pub(crate) fn apply(&self, graph: &mut Graph) -> Vec<AssemblyProblem> {
        let mut problems = Vec::new();
        for (address, added) in &self.resources {
            if let Err((message, help)) = add(graph, address, added) {
                problems.push(AssemblyProblem { address: address.clone(), message, help, location: added.location.clone() });
            }
        }
        for (address, added) in &self.resources {
            let missing = graph.dependencies(address).into_iter().find(|on| !graph.nodes.contains_key(on));
            problems.extend(missing.map(|on| AssemblyProblem {
                address: address.clone(),
                message: format!("{address} refers to {on}, and the stack has no such resource"),
                help: None,
                location: added.location.clone(),
            }));
        }
        for change in &self.overrides {
            if let Err((message, help)) = change.apply(graph) {
                problems.push(AssemblyProblem {
                    address: change.address.clone(),
                    message,
                    help,
                    location: change.location.clone(),
                });
            }
        }
        let added = self.resources.iter().map(|(address, added)| (address, &added.location));
        let changed = self.overrides.iter().map(|change| (&change.address, &change.location));
        let touched: BTreeMap<&Address, &Location> = added.chain(changed).collect();
        for (address, location) in touched {
            let Some(missing) = graph.nodes.get(address).and_then(|node| missing_owner_tag(&node.properties)) else { continue };
            problems.push(AssemblyProblem {
                address: address.clone(),
                message: format!("the tags of {address} lack `{missing}`, by which it is known as this environment's"),
                help: Some("begin with `stack.tags_of(&address)`, and override single tags such as `tags.team`".to_owned()),
                location: location.clone(),
            });
        }
        problems
    }
}

type Refusal = (String, Option<String>);

fn add(graph: &mut Graph, address: &Address, added: &AddedResource) -> Result<(), Refusal> {
    let Some(definition) = type_definition(&added.type_name) else {
        return Err((format!("there is no resource type `{}`", added.type_name), None));
    };
    if graph.nodes.contains_key(address) {
        let help = "give it another address, or override properties of the resource that is there";
        return Err((format!("{address} is declared already, by a construct"), Some(help.to_owned())));
    }
    graph.insert(address.clone(), definition.name, added.properties.clone(), added.after.iter().cloned());
    graph.mark_identity(address, definition.identity);
    typed(&graph.nodes[address])
}

impl Override {
    fn apply(&self, graph: &mut Graph) -> Result<(), Refusal> {
        let Self { address, path, .. } = self;
        if let Some(missing) = self.value.references().into_iter().find(|found| !graph.nodes.contains_key(&found.address)) {
            return Err((format!("the value refers to {}, and the stack has no such resource", missing.address), None));
        }
        let known: Vec<String> = graph.nodes.keys().map(ToString::to_string).collect();
        let Some(node) = graph.nodes.get_mut(address) else {
            let meant = deployer_spec::closest(address.as_str(), known.iter().map(String::as_str));
            let help = meant.map(|meant| format!("did you mean {meant}?"));
            return Err((format!("there is no resource {address} whose `{path}` can be overridden"), help));
        };
        if path.starts_with("tags.deployer:") {
            return Err((format!("`{path}` says to whom {address} belongs"), None));
        }
        let steps: Vec<&str> = match path.strip_prefix("tags.") {
            Some(tag) => vec!["tags", tag],
            None => path.split('.').collect(),
        };
        let names = names(&node.properties);
        let Some(slot) = slot(&mut node.properties, &steps) else {
            let meant = deployer_spec::closest(steps[0], names.iter().map(String::as_str));
            let meant = meant.map(|meant| format!("did you mean `{meant}`? ")).unwrap_or_default();
            let help = format!("{meant}it has {}", names.join(", "));
            return Err((format!("{address} has no property `{path}`"), Some(help)));
        };
        *slot = self.value.clone();
        typed(node).map_err(|(message, help)| (format!("`{path}` cannot be set so: {message}"), help))
    }
}

/// Returns a tag that says to whom a resource belongs and that is missing; `None` for resources without tags.
fn missing_owner_tag(properties: &Expr) -> Option<&'static str> {
    let owner = ["deployer:project", "deployer:environment", "deployer:address"];
    let has = |tags: &Expr, key: &str| match tags {
        Expr::Map(entries) => entries.contains_key(key),
        Expr::Value(Value::Object(entries)) => entries.contains_key(key),
        _ => false,
    };
    let tags = match properties {
        Expr::Map(entries) => entries.get("tags").cloned(),
        Expr::Value(Value::Object(entries)) => entries.get("tags").cloned().map(Expr::Value),
        _ => None,
    }?;
    owner.into_iter().find(|key| !has(&tags, key))
}

fn names(properties: &Expr) -> Vec<String> {
    match properties {
        Expr::Map(entries) => entries.keys().cloned().collect(),
        Expr::Value(Value::Object(entries)) => entries.keys().cloned().collect(),
        _ => Vec::new(),
    }
}

/// Returns the value at the end of the steps. The first step must exist; in maps below it, the last one is added.
fn slot<'e>(expr: &'e mut Expr, steps: &[&str]) -> Option<&'e mut Expr> {
    let (first, rest) = steps.split_first()?;
    let mut at = map(expr)?.get_mut(*first)?;
    for (index, step) in rest.iter().enumerate() {
        if let Expr::List(items) = at {
            at = items.get_mut(step.parse::<usize>().ok()?)?;
            continue;
        }
        let entries = map(at)?;
        let last = index + 1 == rest.len();
        at = if last { entries.entry((*step).to_owned()).or_insert(Expr::Value(Value::Null)) } else { entries.get_mut(*step)? };
    }
    Some(at)
}

/// Returns the entries of a map, which may be a plain value.
fn map(expr: &mut Expr) -> Option<&mut BTreeMap<String, Expr>> {
    if let Expr::Value(Value::Object(entries)) = expr {
        *expr = Expr::map(std::mem::take(entries).into_iter().map(|(key, value)| (key, Expr::Value(value))));
    }
    if let Expr::Map(entries) = expr { Some(entries) } else { None }
}

/// Checks the properties of a resource against its type; what is known only after other resources are created is taken to be text.
fn typed(node: &Node) -> Result<(), Refusal> {
    let resolved = node.properties.resolve(&|_| Some(Value::from("unknown")));
    check_properties(&node.type_name, &resolved.value).map_err(|message| (message, None))
}
