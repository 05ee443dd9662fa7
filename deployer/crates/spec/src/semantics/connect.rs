//! Consistency checks within `connect`.

use std::collections::HashMap;

use super::day_times::day_times;
use super::lifecycle::first_key;
use super::{declared, existing, known, no_two, overrides};
use crate::diagnostic::{Code, Diagnostic, Span};
use crate::model::{Channel, FlowType, PhoneType, account_and_region, built_in, prompts_bucket};
use crate::patterns::BUCKET;
use crate::yaml::{Node, Value};

pub(super) fn check(root: &Node, faults: &mut Vec<Diagnostic>) {
    let Some(connect) = root.get("connect") else { return };
    for (index, function) in connect.get("functions").map(Node::elements).unwrap_or_default().iter().enumerate() {
        declared(root, &["functions"], Some(function), &format!("connect.functions[{index}]"), faults);
    }
    existing::check(root, connect, faults);
    for named in NAMED_SECTIONS {
        names(root, connect, "connect", named, faults);
    }
    // Two addresses of one thing are a state that contradicts itself.
    for (section, key, noun) in [("bots", "alias_arn", "alias"), ("phone_numbers", "number", "number")] {
        let identity = |thing: &Node| thing.get(key).and_then(Node::text).map(str::to_owned);
        no_two(connect, section, &identity, noun, &format!("connect.{section}"), faults);
    }
    if let Some(hierarchy) = connect.get("user_hierarchy") {
        names(root, hierarchy, "connect.user_hierarchy", &HIERARCHY_GROUPS, faults);
    }
    let connect = Connect { root, node: connect };
    for (key, at, hours) in connect.each("hours") {
        let path = format!("connect.hours.{key}");
        if let (Some(times), false) = (hours.get("open"), day_times(hours.get("open"), &format!("{path}.open"), faults)) {
            never_open(times, at.span, &format!("{path}.open"), faults);
        }
        overrides::check(hours, &path, faults);
    }
    for (key, _, queue) in connect.each("queues") {
        connect.queue(queue, &format!("connect.queues.{key}"), faults);
    }
    for (key, _, profile) in connect.each("routing_profiles") {
        connect.routing_profile(profile, &format!("connect.routing_profiles.{key}"), faults);
    }
    for (key, at, user) in connect.each("users") {
        connect.user(key, at.span, user, &format!("connect.users.{key}"), faults);
    }
    for (key, _, number) in connect.each("phone_numbers") {
        connect.phone_number(number, &format!("connect.phone_numbers.{key}"), faults);
    }
    for (key, _, template) in connect.each("task_templates") {
        if let Some(flow) = template.get("flow") {
            declared(root, &["connect", "flows"], Some(flow), &format!("connect.task_templates.{key}.flow"), faults);
        }
    }
    prompts(&connect, faults);
}

/// A section whose entries have a name in Connect.
struct NamedSection {
    section: &'static str,
    what: &'static str,
    /// The key that holds the name.
    key: &'static str,
    /// Names that are taken in every instance.
    taken: &'static [&'static str],
}

const NAMED_SECTIONS: &[NamedSection] = &[
    NamedSection { section: "hours", what: "hours", key: "name", taken: built_in::HOURS },
    NamedSection { section: "queues", what: "queues", key: "name", taken: built_in::QUEUES },
    NamedSection { section: "routing_profiles", what: "routing profiles", key: "name", taken: built_in::ROUTING_PROFILES },
    NamedSection { section: "users", what: "users", key: "username", taken: &[] },
    NamedSection { section: "prompts", what: "prompts", key: "name", taken: built_in::PROMPTS },
    NamedSection { section: "modules", what: "modules", key: "name", taken: &[] },
    NamedSection { section: "flows", what: "flows", key: "name", taken: &[] },
    NamedSection { section: "quick_connects", what: "quick connects", key: "name", taken: &[] },
    NamedSection { section: "security_profiles", what: "security profiles", key: "name", taken: built_in::SECURITY_PROFILES },
    NamedSection { section: "agent_statuses", what: "agent statuses", key: "name", taken: built_in::AGENT_STATUSES },
    NamedSection { section: "predefined_attributes", what: "predefined attributes", key: "name", taken: &[] },
    NamedSection { section: "views", what: "views", key: "name", taken: &[] },
    NamedSection { section: "task_templates", what: "task templates", key: "name", taken: &[] },
    NamedSection { section: "evaluation_forms", what: "evaluation forms", key: "title", taken: &[] },
    NamedSection { section: "rules", what: "rules", key: "name", taken: &[] },
    NamedSection { section: "vocabularies", what: "vocabularies", key: "name", taken: &[] },
];

const HIERARCHY_GROUPS: NamedSection = NamedSection { section: "groups", what: "hierarchy groups", key: "name", taken: &[] };

fn names(root: &Node, owner: &Node, at_path: &str, named: &NamedSection, faults: &mut Vec<Diagnostic>) {
    let mut names: HashMap<&str, &str> = HashMap::new();
    for (key, at, thing) in owner.get(named.section).into_iter().flat_map(Node::members) {
        let (name, span) = match thing.get(named.key) {
            Some(node) => (node.text().unwrap_or(key), node.span),
            None => (first_key(root, &format!("{at_path}.{}.{key}", named.section)).unwrap_or(key), at.span),
        };
        let path = format!("{at_path}.{}.{key}", named.section);
        if named.taken.contains(&name) {
            let message = format!("`{name}` comes with every instance and is not ours to declare");
            let fault = Diagnostic::new(Code::Conflict, span, message).with_path(&path);
            faults.push(fault.help(format!("name it where it is used, as `{name}`, or choose another name")));
        }
        if let Some(other) = names.insert(name, key) {
            names.insert(name, other);
            let message = format!("the {} `{other}` and `{key}` have the same name `{name}` in Connect", named.what);
            faults.push(Diagnostic::new(Code::Conflict, span, message).with_path(path));
        }
    }
}

fn never_open(open: &Node, owner: Span, path: &str, faults: &mut Vec<Diagnostic>) {
    if matches!(open.value, Value::Map(_) | Value::Null) {
        let fault = Diagnostic::new(Code::MissingKey, owner, "it is never open").with_path(path);
        faults.push(fault.help("write at least one day, such as `MONDAY: [08:00-18:00]`; for every hour of it `[00:00-24:00]`"));
    }
}

/// Checks that each prompt has one recording, and that there is a bucket if any of them is a file.
fn prompts(connect: &Connect<'_>, faults: &mut Vec<Diagnostic>) {
    let mut first_file = None;
    for (key, at, prompt) in connect.each("prompts") {
        let path = format!("connect.prompts.{key}");
        let (file, object) = (prompt.get("file"), prompt.get("s3"));
        if let (Some(_), Some(object)) = (file, object) {
            let message = format!("`{key}` has both a `file` and an object in `s3`");
            faults.push(Diagnostic::new(Code::Conflict, object.span, message).with_path(&path).help("leave one of them out"));
        }
        if let (None, None, Value::Map(_) | Value::Null) = (file, object, &prompt.value) {
            let fault = Diagnostic::new(Code::MissingKey, at.span, format!("`{key}` has no recording")).with_path(&path);
            faults.push(fault.help("write `file: prompts/NAME.wav`, or `s3: s3://BUCKET/KEY` if it is in a bucket already"));
        }
        first_file = first_file.or(file.map(|file| (file.span, path)));
    }
    let Some((span, path)) = first_file.filter(|_| connect.node.get("prompts_bucket").is_none()) else { return };
    let name = connect.bucket_name();
    if let Some(why) = name.as_deref().filter(|name| !BUCKET.accepts(name)) {
        let message = format!("the bucket for this file would be called `{why}`, which cannot be {}", BUCKET.what);
        let help = format!("give it a name of its own, `prompts_bucket`: {}", BUCKET.allowed);
        faults.push(Diagnostic::new(Code::BadName, span, message).with_path(path).help(help));
    }
}

/// The section `connect` in its spec.
pub(super) struct Connect<'n> {
    pub(super) root: &'n Node,
    pub(super) node: &'n Node,
}

impl<'n> Connect<'n> {
    /// Returns the section, if the spec has one.
    pub(super) fn of(root: &'n Node) -> Option<Self> {
        root.get("connect").map(|node| Self { root, node })
    }

    /// Returns the default name of the bucket for prompts, which applies unless the spec sets one; `None` if a part of it is missing.
    fn bucket_name(&self) -> Option<String> {
        let (account, region) = account_and_region(self.root)?;
        let text = |key| self.root.get(key).and_then(Node::text);
        Some(prompts_bucket(text("project")?, text("environment")?, account, region))
    }

    pub(super) fn each(&self, section: &str) -> impl Iterator<Item = (&'n str, &'n Node, &'n Node)> + use<'n> {
        self.node.get(section).into_iter().flat_map(Node::members)
    }

    pub(super) fn flow(&self, node: &Node, wanted: FlowType, path: &str, faults: &mut Vec<Diagnostic>) {
        let Some(name) = node.text() else { return };
        declared(self.root, &["connect", "flows"], Some(node), path, faults);
        let flow = self.root.find(&["connect", "flows", name]);
        let kind = flow.map(|flow| flow.get("type").and_then(Node::text).unwrap_or(FlowType::ContactFlow.as_str()));
        if let Some(kind) = kind.filter(|kind| *kind != wanted.as_str()) {
            let message = format!("the flow `{name}` is of the type {kind}; here only a {wanted} can stand");
            faults.push(Diagnostic::new(Code::Conflict, node.span, message).with_path(path));
        }
    }

    fn queue(&self, queue: &Node, path: &str, faults: &mut Vec<Diagnostic>) {
        known(self.root, &["connect", "hours"], built_in::HOURS, queue.get("hours"), &format!("{path}.hours"), faults);
        let Some(caller) = queue.get("outbound_caller") else { return };
        let shown = format!("{path}.outbound_caller.phone_number");
        declared(self.root, &["connect", "phone_numbers"], caller.get("phone_number"), &shown, faults);
        if let Some(flow) = caller.get("flow") {
            self.flow(flow, FlowType::OutboundWhisper, &format!("{path}.outbound_caller.flow"), faults);
        }
    }

    fn routing_profile(&self, profile: &Node, path: &str, faults: &mut Vec<Diagnostic>) {
        let (queues, outbound) = (&["connect", "queues"], profile.get("default_outbound_queue"));
        known(self.root, queues, built_in::QUEUES, outbound, &format!("{path}.default_outbound_queue"), faults);
        let channels: Vec<&str> = match profile.get("concurrency") {
            Some(concurrency) if concurrency.members().next().is_some() => concurrency.members().map(|(name, ..)| name).collect(),
            _ => vec![Channel::Voice.as_str()],
        };
        for (queue, at, served) in profile.get("queues").into_iter().flat_map(Node::members) {
            let path = format!("{path}.queues.{queue}");
            known(self.root, queues, built_in::QUEUES, Some(at), &path, faults);
            if served.members().next().is_none() {
                let fault =
                    Diagnostic::new(Code::MissingKey, at.span, format!("`{queue}` is served on no channel")).with_path(&path);
                faults.push(
                    fault
                        .help(format!("write one of {}, such as `{queue}: {{ VOICE: {{ priority: 1 }} }}`", channels.join(", "))),
                );
            }
            for (channel, at, _) in served.members().filter(|(channel, ..)| !channels.contains(channel)) {
                let message = format!("agents with this profile take no {channel} contacts: `concurrency` has no `{channel}`");
                let fault = Diagnostic::new(Code::Conflict, at.span, message).with_path(format!("{path}.{channel}"));
                faults.push(fault.help(format!("write `{channel}` under `concurrency`, or leave it out here")));
            }
        }
    }

    fn user(&self, key: &str, at: Span, user: &Node, path: &str, faults: &mut Vec<Diagnostic>) {
        if user.get("username").is_none() && key.len() > 20 {
            let message = format!("the username `{key}` has {} characters; Connect takes 20", key.len());
            faults.push(Diagnostic::new(Code::BadName, at, message).with_path(path).help("give it a shorter `username`"));
        }
        let (profiles, profile) = (&["connect", "routing_profiles"], user.get("routing_profile"));
        known(self.root, profiles, built_in::ROUTING_PROFILES, profile, &format!("{path}.routing_profile"), faults);
        if let Some(profiles) = user.get("security_profiles") {
            security_profiles(self, profiles, at, &format!("{path}.security_profiles"), faults);
        }
        if let Some(generate) = user.find(&["password", "generate"]).filter(|node| matches!(node.value, Value::Bool(false))) {
            let fault = Diagnostic::new(Code::NotAllowed, generate.span, "without a password nobody can log in");
            faults.push(
                fault.with_path(format!("{path}.password")).help("write `generate: true`, or `env: VARIABLE` in its place"),
            );
        }
        let Some(phone) = user.get("phone") else { return };
        let desk = phone.get("type").and_then(Node::text) == Some(PhoneType::Desk.as_str());
        if desk && phone.get("desk_phone_number").is_none() {
            let span = phone.get("type").map_or(at, |node| node.span);
            let fault = Diagnostic::new(Code::MissingKey, span, "a desk phone has a number").with_path(format!("{path}.phone"));
            faults.push(fault.help("write it as `desk_phone_number`"));
        }
    }

    fn phone_number(&self, number: &Node, path: &str, faults: &mut Vec<Diagnostic>) {
        if let Some(flow) = number.get("flow") {
            self.flow(flow, FlowType::ContactFlow, &format!("{path}.flow"), faults);
        }
        let (exact, prefix) = (number.get("number").and_then(Node::text), number.get("prefix"));
        if let Some((exact, (prefix, node))) = exact.zip(prefix.and_then(|node| Some((node.text()?, node))))
            && !exact.starts_with(prefix)
        {
            let message = format!("`{exact}` does not begin with `{prefix}`");
            faults.push(
                Diagnostic::new(Code::Conflict, node.span, message)
                    .with_path(format!("{path}.prefix"))
                    .help("leave `prefix` out"),
            );
        }
    }
}

/// Checks the security profiles of a user. Profiles that are made in Connect may have any name; only names similar to a known one are
/// reported.
fn security_profiles(connect: &Connect<'_>, profiles: &Node, owner: Span, path: &str, faults: &mut Vec<Diagnostic>) {
    let elements = profiles.elements();
    if !(1..=10).contains(&elements.len()) && matches!(profiles.value, Value::List(_)) {
        let message = format!("a user has 1 to 10 security profiles; here are {}", elements.len());
        faults.push(Diagnostic::new(Code::OutOfRange, owner, message).with_path(path));
    }
    let declared = connect.each("security_profiles").map(|(key, ..)| key);
    let known: Vec<&str> = declared.chain(built_in::SECURITY_PROFILES.iter().copied()).collect();
    let mut names: HashMap<&str, &str> = HashMap::new();
    for (index, node) in elements.iter().enumerate() {
        let Some(name) = node.text() else { continue };
        let (section, at) = (["connect", "security_profiles"], format!("{path}[{index}]"));
        let profile = connect.each("security_profiles").find(|(key, ..)| *key == name).map(|(_, _, profile)| profile);
        let in_connect = profile.and_then(|profile| profile.get("name")).and_then(Node::text).unwrap_or(name);
        // The same word twice is reported already.
        if let Some(other) = names.insert(in_connect, name).filter(|other| *other != name) {
            let message = format!("`{other}` and `{name}` are the same security profile, `{in_connect}`");
            faults.push(Diagnostic::new(Code::Conflict, node.span, message).with_path(&at));
        }
        if existing::has_names(connect.root, &section) && !connect.each("security_profiles").any(|(key, ..)| key == name) {
            existing::check_name(connect.root, &section, &[], (name, node.span), &at, faults);
            continue;
        }
        if known.contains(&name) {
            continue;
        }
        let flat = |name: &str| name.to_lowercase().replace([' ', '_', '-'], "");
        if let Some(meant) = known.iter().find(|known| flat(known) == flat(name)) {
            let fault = Diagnostic::new(Code::Dangling, node.span, format!("no security profile is called `{name}`"));
            faults.push(fault.with_path(at).with_suggestion(Some((*meant).to_owned())));
        }
    }
}
