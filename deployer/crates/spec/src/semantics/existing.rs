//! Checks of `connect.existing`: an instance that the spec uses and does not manage, and the names of what is in it.

use std::collections::BTreeMap;

use deployer_flow::means_name;

use crate::diagnostic::{Code, Diagnostic, Span};
use crate::model::{InstanceAttribute, account_and_region};
use crate::suggest::{closest, listed};
use crate::yaml::{Node, Value};

/// The sections whose resources an existing instance has names for, with the noun for one of them.
const NAMED: &[(&str, &str)] = &[
    ("hours", "hours of operation"),
    ("queues", "queue"),
    ("routing_profiles", "routing profile"),
    ("security_profiles", "security profile"),
    ("users", "user"),
    ("prompts", "prompt"),
    ("modules", "flow module"),
    ("flows", "flow"),
    ("views", "view"),
];

/// Keys that would change the instance itself, besides its attributes, with what they change.
const OF_THE_INSTANCE: &[(&str, &str)] = &[
    ("deletion_protection", "the instance is never deleted"),
    ("inbound_calls", "it is an attribute of the instance"),
    ("outbound_calls", "it is an attribute of the instance"),
    ("flow_log_retention_days", "the log group belongs to the instance"),
    ("user_hierarchy", "the instance has one structure of levels, without tags that name its owner"),
    ("predefined_attributes", "they have no tags that name their owner"),
    ("storage", "the storage of recordings and reports belongs to the instance"),
];

/// The key under which the known names are part of a tree. No spec can have it: the check of the shape refuses it.
const KNOWN: &str = "\u{0}known names";

/// Returns the existing instance that the spec names, if any.
pub(super) fn instance(root: &Node) -> Option<&Node> {
    root.find(&["connect", "existing"])
}

/// Whether names in this section may be those of resources in an existing instance.
pub(super) fn has_names(root: &Node, section: &[&str]) -> bool {
    let in_instance = |word: &&str| NAMED.iter().any(|(known, _)| known == word);
    instance(root).is_some() && matches!(section, ["connect", word] if in_instance(word))
}

/// Returns the tree with the names that an existing instance has, by section.
pub(crate) fn with_known_names(mut root: Node, known: &BTreeMap<&str, Vec<String>>) -> Node {
    let node = |value| Node { value, span: Span::START, written: String::new(), aliased: false };
    let text = |text: &str| node(Value::Text(text.to_owned()));
    let list = |names: &Vec<String>| node(Value::List(names.iter().map(|name| text(name)).collect()));
    let sections = known.iter().map(|(section, names)| (text(section), list(names))).collect();
    if let Value::Map(entries) = &mut root.value {
        entries.push((text(KNOWN), node(Value::Map(sections))));
    }
    root
}

/// Reports a name that is neither declared nor known in the existing instance. Before the instance was looked up, every name may be.
pub(super) fn check_name(
    root: &Node,
    section: &[&str],
    declared: &[&str],
    (name, span): (&str, Span),
    path: &str,
    faults: &mut Vec<Diagnostic>,
) {
    let word = section.last().copied().unwrap_or_default();
    let Some(known) = root.find(&[KNOWN, word]) else { return };
    let known: Vec<&str> = known.elements().iter().filter_map(Node::text).collect();
    if known.iter().any(|known| means_name(word, name, known)) {
        return;
    }
    let noun = NAMED.iter().find(|(known, _)| *known == word).map_or(word, |(_, noun)| noun);
    let shown: String = name.chars().take(60).collect();
    let has = if known.is_empty() { format!("no {noun} at all") } else { listed(&known) };
    let declares =
        if declared.is_empty() { String::new() } else { format!("; `{}` declares {}", section.join("."), listed(declared)) };
    let meant = closest(name, known.iter().chain(declared).copied()).map(str::to_owned);
    let fault = Diagnostic::new(Code::Dangling, span, format!("the existing instance has no {noun} `{shown}`"));
    faults.push(fault.with_path(path).help(format!("it has {has}{declares}")).with_suggestion(meant));
}

/// Checks which instance the section names, and that it declares nothing that would change an existing one.
pub(super) fn check(root: &Node, connect: &Node, faults: &mut Vec<Diagnostic>) {
    let section = root.members().find(|(name, ..)| *name == "connect").map_or(Span::START, |(_, key, _)| key.span);
    let Some(existing) = connect.get("existing") else {
        if let (None, Value::Map(_) | Value::Null) = (connect.get("alias"), &connect.value) {
            let fault = Diagnostic::new(Code::MissingKey, section, "`connect` has neither `alias` nor `existing`");
            let help =
                "write `alias: NAME` for an instance that the deployer creates, or `existing: ALIAS` for one that there is";
            faults.push(fault.with_path("connect").help(help));
        }
        return bots(connect, faults);
    };
    if let Some(alias) = connect.get("alias") {
        let message = "an instance is either created, with `alias`, or `existing`; here are both";
        let fault = Diagnostic::new(Code::Conflict, alias.span, message).with_path("connect.alias");
        faults.push(fault.help("leave one of them out; nothing changes the alias of an existing instance"));
    }
    arn(root, existing, faults);
    defaults(connect, faults);
    let attributes = InstanceAttribute::WORDS.iter().map(|word| (*word, "it is an attribute of the instance"));
    for (key, why) in OF_THE_INSTANCE.iter().copied().chain(attributes) {
        let Some((_, at, _)) = connect.members().find(|(name, ..)| *name == key) else { continue };
        let message = format!("`{key}` cannot be declared for an existing instance, which is never changed: {why}");
        let fault = Diagnostic::new(Code::Conflict, at.span, message).with_path(format!("connect.{key}"));
        faults.push(fault.help("leave it out, and set it where the instance is managed"));
    }
}

/// Reports vocabularies that would become the default of a language, a setting of the instance without tags that name its owner.
fn defaults(connect: &Node, faults: &mut Vec<Diagnostic>) {
    for (key, _, vocabulary) in connect.get("vocabularies").into_iter().flat_map(Node::members) {
        let Some(default) = vocabulary.get("default").filter(|node| matches!(node.value, Value::Bool(true))) else { continue };
        let message = "`default` cannot be declared for an existing instance, which is never changed: a language has one default, \
                       without tags that name its owner";
        let fault =
            Diagnostic::new(Code::Conflict, default.span, message).with_path(format!("connect.vocabularies.{key}.default"));
        faults.push(fault.help("leave it out, and set it where the instance is managed"));
    }
}

/// Checks that an ARN is one of the provider's account and Region.
fn arn(root: &Node, existing: &Node, faults: &mut Vec<Diagnostic>) {
    let Some(arn) = existing.text().filter(|text| text.starts_with("arn:")) else { return };
    let parts: Vec<&str> = arn.split(':').collect();
    let (Some((account, region)), [_, _, _, of_region, of_account, ..]) = (account_and_region(root), parts.as_slice()) else {
        return;
    };
    if (*of_region, *of_account) == (region, account) {
        return;
    }
    let message =
        format!("the instance is in the account {of_account} and the Region {of_region}; the provider is {account}, {region}");
    let fault = Diagnostic::new(Code::Conflict, existing.span, message).with_path("connect.existing");
    faults.push(fault.help("correct the ARN or `provider`; functions and flows are in the account and Region of the instance"));
}

/// Reports bots that are said to be associated already with an instance that the deployer creates.
fn bots(connect: &Node, faults: &mut Vec<Diagnostic>) {
    for (key, _, bot) in connect.get("bots").into_iter().flat_map(Node::members) {
        let Some(existing) = bot.get("existing").filter(|node| matches!(node.value, Value::Bool(true))) else { continue };
        let message = "an instance that the deployer creates has no association yet; only an existing one can have it";
        let fault = Diagnostic::new(Code::Conflict, existing.span, message).with_path(format!("connect.bots.{key}.existing"));
        faults.push(fault.help("leave it out, or name the instance with `connect.existing`"));
    }
}
