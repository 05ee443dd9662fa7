//! Consistency checks of quick connects, security profiles and the agent hierarchy in `connect`.

use super::connect::Connect;
use super::{declared, known};
use std::collections::HashMap;

use crate::diagnostic::{Code, Diagnostic};
use crate::model::{FlowType, built_in};
use crate::yaml::{Node, Value};

pub(super) fn check(connect: &Connect<'_>, faults: &mut Vec<Diagnostic>) {
    for (key, _, quick_connect) in connect.each("quick_connects") {
        self::quick_connect(connect, quick_connect, &format!("connect.quick_connects.{key}"), faults);
    }
    for (key, _, queue) in connect.each("queues") {
        let offered = queue.get("quick_connects").map(Node::elements).unwrap_or_default();
        for (index, node) in offered.iter().enumerate() {
            let path = format!("connect.queues.{key}.quick_connects[{index}]");
            declared(connect.root, &["connect", "quick_connects"], Some(node), &path, faults);
        }
    }
    for (key, _, profile) in connect.each("security_profiles") {
        security_profile(profile, &format!("connect.security_profiles.{key}"), faults);
    }
    // Service model, PredefinedAttributeStringValuesList and PredefinedAttributePurposeNameList.
    for (key, _, attribute) in connect.each("predefined_attributes") {
        for (list, least, most) in [("values", 1, 500), ("purposes", 0, 10)] {
            let Some(node) = attribute.get(list).filter(|node| !(least..=most).contains(&node.elements().len())) else {
                continue;
            };
            let message = format!("a predefined attribute has {least} to {most} {list}; here are {}", node.elements().len());
            let path = format!("connect.predefined_attributes.{key}.{list}");
            faults.push(Diagnostic::new(Code::OutOfRange, node.span, message).with_path(path));
        }
    }
    hierarchy(connect, faults);
    vocabularies(connect, faults);
    for (key, _, user) in connect.each("users") {
        let path = format!("connect.users.{key}.hierarchy_group");
        declared(connect.root, &["connect", "user_hierarchy", "groups"], user.get("hierarchy_group"), &path, faults);
    }
}

fn quick_connect(connect: &Connect<'_>, quick_connect: &Node, path: &str, faults: &mut Vec<Diagnostic>) {
    let to = |kind: &str| quick_connect.find(&["to", kind]);
    let queues = &["connect", "queues"];
    known(connect.root, queues, built_in::QUEUES, to("queue"), &format!("{path}.to.queue"), faults);
    declared(connect.root, &["connect", "users"], to("user"), &format!("{path}.to.user"), faults);
    let Some(flow) = quick_connect.get("flow") else { return };
    let path = format!("{path}.flow");
    match (to("queue"), to("user")) {
        (Some(_), _) => connect.flow(flow, FlowType::QueueTransfer, &path, faults),
        (_, Some(_)) => connect.flow(flow, FlowType::AgentTransfer, &path, faults),
        _ if to("phone_number").is_some() => {
            let fault = Diagnostic::new(Code::NotAllowed, flow.span, "a transfer to a phone number runs no flow");
            faults.push(fault.with_path(path).help("leave `flow` out"));
        }
        _ => {}
    }
}

fn security_profile(profile: &Node, path: &str, faults: &mut Vec<Diagnostic>) {
    // API reference, PermissionsList and TagRestrictedResourceList.
    for (key, most) in [("permissions", 500), ("tag_restricted", 10)] {
        let Some(node) = profile.get(key).filter(|node| node.elements().len() > most) else { continue };
        let message = format!("a security profile has at most {most} of these; here are {}", node.elements().len());
        faults.push(Diagnostic::new(Code::OutOfRange, node.span, message).with_path(format!("{path}.{key}")));
    }
    let some = |key: &str| profile.get(key).filter(|node| node.elements().len() + node.members().count() > 0);
    let (alone, other) = match (some("visible_tags"), some("tag_restricted")) {
        (Some(tags), None) => (tags, "tag_restricted"),
        (None, Some(kinds)) => (kinds, "visible_tags"),
        _ => return,
    };
    let fault = Diagnostic::new(Code::MissingKey, alone.span, format!("without `{other}` this has no effect")).with_path(path);
    faults.push(fault.help("`visible_tags` says which tags count, `tag_restricted` for which kinds of resources"));
}

/// Maximum number of levels (API reference, HierarchyStructure).
const MAX_LEVELS: usize = 5;

/// Checks that there are 1 to 5 levels, that no group is below itself, and that each is on a level that exists.
fn hierarchy(connect: &Connect<'_>, faults: &mut Vec<Diagnostic>) {
    let Some(hierarchy) = connect.node.get("user_hierarchy") else { return };
    let levels = hierarchy.get("levels").filter(|node| matches!(node.value, Value::List(_)));
    let count = levels.map_or(0, |node| node.elements().len());
    if let Some(node) = levels.filter(|_| !(1..=MAX_LEVELS).contains(&count)) {
        let message = format!("an agent hierarchy has 1 to {MAX_LEVELS} levels; here are {count}");
        faults.push(Diagnostic::new(Code::OutOfRange, node.span, message).with_path("connect.user_hierarchy.levels"));
    }
    let groups: Vec<(&str, &Node)> =
        hierarchy.get("groups").into_iter().flat_map(Node::members).map(|(key, _, group)| (key, group)).collect();
    let parent = |group: &Node| group.get("parent").and_then(Node::text).map(str::to_owned);
    for (key, group) in &groups {
        let path = format!("connect.user_hierarchy.groups.{key}");
        let Some(node) = group.get("parent") else { continue };
        declared(connect.root, &["connect", "user_hierarchy", "groups"], Some(node), &format!("{path}.parent"), faults);
        // The number of steps to the first level.
        let (mut above, mut depth) = (parent(group), 1);
        while let Some(next) = above.filter(|_| depth <= groups.len()) {
            depth += 1;
            above = groups.iter().find(|(known, _)| **known == next).and_then(|(_, group)| parent(group));
        }
        let fault = |message: String| Diagnostic::new(Code::Conflict, node.span, message).with_path(format!("{path}.parent"));
        if depth > groups.len() {
            faults.push(fault(format!("the group `{key}` is below itself")).help("one group of each branch has no `parent`"));
        } else if levels.is_some() && depth > count {
            let help = "add a level, or leave a `parent` out";
            faults.push(fault(format!("the group `{key}` would be on level {depth}, and there are {count}")).help(help));
        }
    }
}

/// Maximum length of a vocabulary (API reference, VocabularyContent).
const MAX_VOCABULARY: usize = 60_000;

/// Checks that each vocabulary is small enough, and that a language has at most one default.
fn vocabularies(connect: &Connect<'_>, faults: &mut Vec<Diagnostic>) {
    let mut defaults: HashMap<&str, &str> = HashMap::new();
    for (key, _, vocabulary) in connect.each("vocabularies") {
        let path = format!("connect.vocabularies.{key}");
        let phrases = vocabulary.get("phrases");
        // A row has three tabs and a newline besides the two texts.
        let row = |(phrase, _, display): (&str, &Node, &Node)| phrase.len() + display.text().map_or(0, str::len) + 4;
        let length: usize = phrases.into_iter().flat_map(Node::members).map(row).sum::<usize>() + 32;
        if let Some(node) = phrases.filter(|_| length > MAX_VOCABULARY) {
            let message = format!("the vocabulary has {length} characters; Connect takes {MAX_VOCABULARY}");
            faults.push(Diagnostic::new(Code::OutOfRange, node.span, message).with_path(format!("{path}.phrases")));
        }
        let default = vocabulary.get("default").filter(|node| matches!(node.value, Value::Bool(true)));
        let language = vocabulary.get("language").and_then(Node::text);
        if let Some((node, language)) = default.zip(language)
            && let Some(other) = defaults.insert(language, key)
        {
            let message = format!("`{other}` is the default of {language} already");
            faults.push(Diagnostic::new(Code::Conflict, node.span, message).with_path(format!("{path}.default")));
        }
    }
}
