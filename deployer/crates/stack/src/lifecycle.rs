//! The lifecycles that a spec declares for its entries and for single resources.
//!
//! An entry stands for all resources that the stack makes of it: `functions.convert` for the function with its role and its log group.
//! Links between entries (permissions, associations) move with a renamed one and are otherwise left out: what is retained would keep what it
//! is linked with.

use std::collections::{BTreeMap, BTreeSet};

use deployer_engine::{Address, Expr, Graph, Lifecycle, Node, PropertyPath};
use deployer_spec::{Code, Diagnostic, IgnoredProperty, Spec, closest};

/// The kinds of resources that each entry of a section is made of; their names are the key of the entry.
const ENTRIES: &[(&str, &[&str])] = &[
    ("tables", &["table"]),
    ("functions", &["function", "role", "log_group"]),
    ("connect.hours", &["hours"]),
    ("connect.queues", &["queue", "queue_quick_connects"]),
    ("connect.routing_profiles", &["routing_profile"]),
    ("connect.users", &["user"]),
    ("connect.phone_numbers", &["phone_number", "phone_number_flow"]),
    ("connect.prompts", &["prompt", "recording"]),
    ("connect.bots", &["bot"]),
    ("connect.storage", &["storage"]),
    ("connect.modules", &["module"]),
    ("connect.flows", &["flow", "flow_content"]),
    ("connect.quick_connects", &["quick_connect"]),
    ("connect.security_profiles", &["security_profile"]),
    ("connect.agent_statuses", &["agent_status"]),
    ("connect.predefined_attributes", &["predefined_attribute"]),
    ("connect.vocabularies", &["vocabulary"]),
    ("connect.views", &["view"]),
    ("connect.task_templates", &["task_template"]),
    ("connect.evaluation_forms", &["evaluation_form"]),
    ("connect.rules", &["rule"]),
];

/// The kinds of resources that link an entry of a section with others; their names end with the key.
const LINKS: &[(&str, &[&str])] = &[("functions", &["association", "permission"])];

/// The kinds of resources of an entry without keys.
const WHOLE: &[(&str, &[&str])] = &[
    ("connect", &["instance", "flow_logs"]),
    (
        "api",
        &[
            "api",
            "deployment",
            "stage",
            "domain",
            "alias",
            "mapping",
            "certificate",
            "imported_certificate",
            "requested_certificate",
            "validation",
            "validation_record",
            "api_key",
            "usage_plan",
        ],
    ),
];

/// Returns the entry of the spec that the resource at an address belongs to, such as `functions.convert` for `role.convert`; `None` for a
/// resource that belongs to no single entry.
pub fn entry_of(address: &Address) -> Option<String> {
    let has = |kinds: &[&str]| kinds.contains(&address.kind());
    if let Some((section, _)) = ENTRIES.iter().find(|(_, kinds)| has(kinds)) {
        return Some(format!("{section}.{}", address.name()));
    }
    WHOLE.iter().find(|(_, kinds)| has(kinds)).map(|(section, _)| (*section).to_owned())
}

/// Returns the address of the resource that an entry of the spec is named for, such as `function.convert` for `functions.convert`.
pub fn address_of(entry: &str) -> Option<Address> {
    if let Some((_, kinds)) = WHOLE.iter().find(|(section, _)| *section == entry) {
        return Some(Address::new(kinds[0], "main"));
    }
    let (section, key) = entry.rsplit_once('.')?;
    Some(Address::new(kinds(ENTRIES, section).first()?, key))
}

fn kinds(table: &[(&str, &'static [&'static str])], section: &str) -> &'static [&'static str] {
    table.iter().find(|(known, _)| *known == section).map_or(&[], |(_, kinds)| kinds)
}

/// Returns the first key of each renamed entry.
pub(crate) fn first_keys(spec: &Spec) -> BTreeMap<String, String> {
    let renamed =
        spec.lifecycle.iter().filter_map(|(entry, declared)| Some((entry.clone(), declared.renamed_from.last()?.clone())));
    renamed.collect()
}

/// Adds the declared lifecycles to the graph, and returns those that fit none of its resources.
pub(crate) fn declare(spec: &Spec, graph: &mut Graph) -> Vec<Diagnostic> {
    let mut faults = Vec::new();
    let mut lifecycles: BTreeMap<Address, Lifecycle> = BTreeMap::new();
    for (key, declared) in &spec.lifecycle {
        let entry = Entry::of(graph, key);
        if entry.own.is_empty() {
            faults.push(unknown(graph, key, declared));
            continue;
        }
        for address in &entry.own {
            let lifecycle = lifecycles.entry(address.clone()).or_default();
            if declared.retain || declared.protect {
                lifecycle.retention.retain |= declared.retain;
                lifecycle.retention.protect |= declared.protect;
                lifecycle.retention.declared_at = format!("lifecycle.{key}");
            }
        }
        for ignored in &declared.ignore_changes {
            match entry.ignored(graph, ignored) {
                Ok(found) => found.into_iter().for_each(|(address, paths)| {
                    lifecycles.entry(address).or_default().ignore_changes.extend(paths);
                }),
                Err(fault) => faults.push(fault.with_path(format!("lifecycle.{key}.ignore_changes"))),
            }
        }
        for (address, stem) in entry.keyed {
            let former = declared.renamed_from.iter().map(|from| Address::new(address.kind(), &format!("{stem}{from}")));
            lifecycles.entry(address.clone()).or_default().renamed_from.extend(former);
        }
    }
    lifecycles.retain(|_, lifecycle| *lifecycle != Lifecycle::default());
    graph.lifecycles = lifecycles;
    faults
}

/// The resources that a key of `lifecycle` stands for.
#[derive(Default)]
struct Entry {
    /// Resources that are retained and protected.
    own: Vec<Address>,
    /// Resources whose names end with the key, each with what stands before it.
    keyed: Vec<(Address, String)>,
}

impl Entry {
    fn of(graph: &Graph, entry: &str) -> Self {
        let of_kind = |kinds: &'static [&'static str]| graph.nodes.keys().filter(|address| kinds.contains(&address.kind()));
        let whole = kinds(WHOLE, entry);
        if !whole.is_empty() {
            return Self { own: of_kind(whole).cloned().collect(), keyed: Vec::new() };
        }
        let Some((section, key)) = entry.rsplit_once('.') else { return Self::default() };
        let own: Vec<Address> = of_kind(kinds(ENTRIES, section)).filter(|address| address.name() == key).cloned().collect();
        if own.is_empty() {
            let one = Address::parse(entry).filter(|address| graph.nodes.contains_key(address));
            return Self { own: one.into_iter().collect(), keyed: Vec::new() };
        }
        let links = of_kind(kinds(LINKS, section)).filter_map(|address| {
            let stem = address.name().strip_suffix(key)?;
            // Of two functions `a` and `b-a`, both may have a link whose name ends with `a`.
            let is_ours = graph.dependencies(address).iter().any(|on| own.contains(on));
            (is_ours && (stem.is_empty() || stem.ends_with('-'))).then(|| (address.clone(), stem.to_owned()))
        });
        let keyed = own.iter().map(|address| (address.clone(), String::new())).chain(links).collect();
        Self { own, keyed }
    }

    /// Returns the paths that this ignored property stands for, by resource.
    fn ignored(&self, graph: &Graph, ignored: &IgnoredProperty) -> Result<BTreeMap<Address, BTreeSet<PropertyPath>>, Diagnostic> {
        let nodes = || self.own.iter().filter_map(|address| Some((address, graph.nodes.get(address)?)));
        let first = ignored.path.split('.').next().unwrap_or_default();
        let fault = |code, message: String| Diagnostic::new(code, ignored.span, message);
        if first.ends_with("_id") || nodes().any(|(_, node)| node.identity.contains(&first)) {
            let message = format!("`{first}` says which resource it is, so its changes cannot be ignored");
            return Err(fault(Code::Conflict, message).help("leave it in the spec as it is in the cloud"));
        }
        let owner = ignored.path.strip_prefix("tags.").is_some_and(|tag| tag.starts_with("deployer:"));
        let found: BTreeMap<Address, BTreeSet<PropertyPath>> =
            nodes().filter_map(|(address, node)| Some((address.clone(), paths(node, &ignored.path)?))).collect();
        if found.is_empty() || owner {
            let names: BTreeSet<&str> = nodes().flat_map(|(_, node)| properties(node)).collect();
            let names = names.into_iter().filter(|name| !name.ends_with("_id"));
            let names: Vec<&str> = names.filter(|name| !nodes().any(|(_, node)| node.identity.contains(name))).collect();
            let message = match owner {
                true => format!("`{}` says to whom the resource belongs", ignored.path),
                false => format!("there is no property `{first}` here"),
            };
            let meant = closest(first, names.iter().copied()).filter(|_| !owner).map(str::to_owned);
            return Err(fault(Code::NotAllowed, message)
                .with_suggestion(meant)
                .help(format!("it is one of {}", names.join(", "))));
        }
        Ok(found)
    }
}

fn properties(node: &Node) -> Vec<&str> {
    if let Expr::Map(properties) = &node.properties { properties.keys().map(String::as_str).collect() } else { Vec::new() }
}

/// Returns the paths that the property `written` with dots stands for; `None` if the resource has no such property. Ownership tags are never
/// among them.
fn paths(node: &Node, written: &str) -> Option<BTreeSet<PropertyPath>> {
    let Expr::Map(properties) = &node.properties else { return None };
    let (first, rest) = written.split_once('.').map_or((written, None), |(first, rest)| (first, Some(rest)));
    let property = properties.get(first)?;
    let below = |key: &str| PropertyPath(vec![first.to_owned(), key.to_owned()]);
    Some(match rest {
        // A key may have dots itself.
        Some(key) => [below(key)].into(),
        None if first == "tags" => {
            let keys = members(property).into_iter().filter(|key| !key.starts_with("deployer:"));
            keys.map(|key| below(&key)).collect()
        }
        None => [PropertyPath(vec![first.to_owned()])].into(),
    })
}

fn members(expr: &Expr) -> Vec<String> {
    match expr {
        Expr::Map(entries) => entries.keys().cloned().collect(),
        Expr::Value(serde_json::Value::Object(entries)) => entries.keys().cloned().collect(),
        _ => Vec::new(),
    }
}

fn unknown(graph: &Graph, key: &str, declared: &deployer_spec::Lifecycle) -> Diagnostic {
    let fault = Diagnostic::new(Code::Dangling, declared.span, format!("the spec makes no resource `{key}`"));
    let meant = closest(key, graph.nodes.keys().map(Address::as_str)).map(str::to_owned);
    let help = "name an entry of the spec, such as `functions.convert`, or the address of a resource as `deployer plan --verbose` shows it";
    fault.with_path(format!("lifecycle.{key}")).with_suggestion(meant).help(help)
}
