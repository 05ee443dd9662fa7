//! The Connect instance of a spec and all its resources.

use std::collections::{BTreeMap, BTreeSet};

use deployer_engine::Address;
use deployer_flow::Segment;
use deployer_resources::{
    ConnectContactFlow, ConnectHours, ConnectPhoneNumber, ConnectQueue, ConnectRoutingProfile, ConnectUser, Handle, Id,
    InstanceSection, Prop, StorageTarget,
};
use deployer_spec::{Connect, FlowState, FlowStatus, Password, PromptSource, Spec, Storage};
use serde_json::Value;

use super::transfer::{People, named, quick_connects, vocabularies};
use super::{BuildInputs, Problem, References, reference};
use crate::constructs::connect::{Flow, FlowProps, Instance, InstanceProps, PromptProps, Recording};
use crate::constructs::contact_center::{
    HoursProps, ModuleProps, NamedResource, PhoneNumberProps, QueueProps, RoutingProfileProps, UserProps,
};
use crate::constructs::function_handle::Function;
use crate::content::with_references;
use crate::stack::Stack;

pub(super) fn connect(stack: &Stack, spec: &Spec, inputs: &BuildInputs, functions: &BTreeMap<&str, Function>) -> Vec<Problem> {
    let Some(declared) = &spec.connect else { return Vec::new() };
    let attributes = declared.attributes.iter().map(|(kind, on)| (kind.api_name().to_owned(), *on));
    let props = InstanceProps {
        alias: declared.alias.clone(),
        deletion_protection: declared.deletion_protection,
        inbound_calls: declared.inbound_calls,
        outbound_calls: declared.outbound_calls,
        attributes: attributes.collect(),
        flow_log_retention_days: declared.flow_log_retention_days,
    };
    let within = References { stack, spec, inputs };
    let instance = match (&declared.existing, within.existing()) {
        (Some(written), Some(existing)) => Instance::existing(stack, written, &existing),
        _ => Instance::new(stack, "main", props),
    };
    for function in declared.functions.iter().filter_map(|name| functions.get(name.as_str())) {
        instance.associate(function);
    }
    for (name, bot) in &declared.bots {
        match bot.existing {
            true => within.use_named(InstanceSection::Bots, &bot.alias_arn),
            false => instance.bot(name.as_str(), &bot.alias_arn),
        }
    }
    for (kind, storage) in &declared.storage {
        instance.storage(&kind.as_str().to_uppercase(), storage_target(storage));
    }
    let mut building = ConnectBuilder { within, spec, inputs, declared, instance: &instance, problems: Vec::new() };
    building.use_existing();
    building.contact_center();
    building.prompts();
    building.modules();
    building.flows();
    building.workspace();
    building.problems
}

/// Converts a storage target to the resource type's form.
fn storage_target(storage: &Storage) -> StorageTarget {
    match storage.clone() {
        Storage::S3(s3) => StorageTarget::S3 { bucket: s3.bucket, prefix: s3.prefix, kms_key: s3.kms_key },
        Storage::KinesisStream(arn) => StorageTarget::KinesisStream(arn),
        Storage::Firehose(arn) => StorageTarget::Firehose(arn),
        Storage::KinesisVideo(video) => {
            StorageTarget::KinesisVideo { prefix: video.prefix, retention_hours: video.retention_hours, kms_key: video.kms_key }
        }
    }
}

pub(super) struct ConnectBuilder<'b> {
    pub(super) within: References<'b>,
    spec: &'b Spec,
    pub(super) inputs: &'b BuildInputs,
    pub(super) declared: &'b Connect,
    pub(super) instance: &'b Instance,
    pub(super) problems: Vec<Problem>,
}

impl ConnectBuilder<'_> {
    fn contact_center(&self) {
        let declared = self.declared;
        let hours: BTreeMap<&str, NamedResource<ConnectHours>> =
            declared.hours.iter().map(|(key, hours)| (key.as_str(), self.hours(key.as_str(), hours))).collect();
        let numbers: BTreeMap<&str, Handle<ConnectPhoneNumber>> =
            declared.phone_numbers.iter().map(|(key, number)| (key.as_str(), self.number(key.as_str(), number))).collect();
        let queues: BTreeMap<&str, NamedResource<ConnectQueue>> = declared
            .queues
            .iter()
            .map(|(key, queue)| {
                let at = |number: &deployer_spec::Name| numbers[number.as_str()].id();
                let props = QueueProps {
                    name: queue.name.clone(),
                    description: queue.description.clone(),
                    hours: named(&hours, &queue.hours),
                    max_contacts: queue.max_contacts,
                    enabled: queue.enabled,
                    caller_name: queue.outbound_caller.name.clone(),
                    caller_number: queue.outbound_caller.phone_number.as_ref().map(at),
                    caller_flow: queue.outbound_caller.flow.as_ref().map(|flow| self.flow_id(flow.as_str())),
                };
                (key.as_str(), self.instance.queue(key.as_str(), props))
            })
            .collect();
        let profiles: BTreeMap<&str, NamedResource<ConnectRoutingProfile>> = declared
            .routing_profiles
            .iter()
            .map(|(key, profile)| {
                let turns = profile.queues.iter().flat_map(|(queue, channels)| {
                    let queue = named(&queues, queue);
                    channels.iter().map(move |(channel, turn)| {
                        (queue.clone(), channel.as_str().to_owned(), turn.priority, turn.delay_seconds)
                    })
                });
                let concurrency = profile.concurrency.iter().map(|(channel, many)| (channel.as_str().to_owned(), *many));
                let props = RoutingProfileProps {
                    name: profile.name.clone(),
                    description: profile.description.clone(),
                    default_outbound_queue: named(&queues, &profile.default_outbound_queue),
                    concurrency: concurrency.collect(),
                    queues: turns.collect(),
                };
                (key.as_str(), self.instance.routing_profile(key.as_str(), props))
            })
            .collect();
        let people = People::declare(self.instance, declared);
        let users: BTreeMap<&str, Handle<ConnectUser>> = declared
            .users
            .iter()
            .map(|(key, user)| (key.as_str(), self.user(key.as_str(), user, named(&profiles, &user.routing_profile), &people)))
            .collect();
        let user = |name: &str| match users.get(name) {
            Some(user) => user.id(),
            None => match self.within.in_instance("users", name, "id") {
                Some(id) => id.into(),
                None => Handle::<ConnectUser>::at(Address::new("user", name)).id(),
            },
        };
        quick_connects(self.instance, declared, &queues, |name| self.flow_id(name), user);
        vocabularies(self.instance, declared);
        self.overrides(&hours);
        for (key, number) in &declared.phone_numbers {
            if let Some(flow) = &number.flow {
                let content = Address::new("flow_content", flow.as_str());
                let after = Some(content).filter(|_| self.cyclic_flows().contains(flow.as_str()));
                self.instance.route_to_flow(key.as_str(), &numbers[key.as_str()], self.flow_id(flow.as_str()), after);
            }
        }
    }

    /// Returns the ID of a declared flow, or else of one in the existing instance.
    fn flow_id(&self, name: &str) -> Prop<Id<ConnectContactFlow>> {
        if !self.declared.flows.contains_key(name)
            && let Some(id) = self.within.in_instance("flows", name, "id")
        {
            return id.into();
        }
        Handle::<ConnectContactFlow>::at(Address::new("flow", name)).id()
    }

    /// Records the names of an existing instance that declared resources use.
    fn use_existing(&self) {
        let declared = self.declared;
        if self.within.existing().is_none() {
            return;
        }
        let used = |section, name: &String, own: bool| (!own).then(|| self.within.use_named(section, name));
        for queue in declared.queues.values() {
            used(InstanceSection::Hours, &queue.hours, declared.hours.contains_key(queue.hours.as_str()));
        }
        for profile in declared.routing_profiles.values() {
            for queue in profile.queues.keys().chain([&profile.default_outbound_queue]) {
                used(InstanceSection::Queues, queue, declared.queues.contains_key(queue.as_str()));
            }
        }
        for user in declared.users.values() {
            let own = declared.routing_profiles.contains_key(user.routing_profile.as_str());
            used(InstanceSection::RoutingProfiles, &user.routing_profile, own);
            for name in &user.security_profiles {
                used(InstanceSection::SecurityProfiles, name, false);
            }
        }
    }

    fn hours(&self, key: &str, hours: &deployer_spec::Hours) -> NamedResource<ConnectHours> {
        let open = hours.open.iter().map(|(day, times)| (day.as_str().to_owned(), times.clone()));
        let props = HoursProps {
            name: hours.name.clone(),
            description: hours.description.clone(),
            time_zone: hours.time_zone.clone(),
            open: open.collect(),
        };
        self.instance.hours(key, props)
    }

    fn number(&self, key: &str, number: &deployer_spec::PhoneNumber) -> Handle<ConnectPhoneNumber> {
        let props = PhoneNumberProps {
            country: number.country.clone(),
            kind: number.kind.as_str().to_owned(),
            prefix: number.prefix.clone(),
            number: number.number.clone(),
            description: number.description.clone(),
            release: number.release,
        };
        self.instance.phone_number(key, props)
    }

    fn user(
        &self,
        key: &str,
        user: &deployer_spec::User,
        routing_profile: NamedResource<ConnectRoutingProfile>,
        people: &People<'_>,
    ) -> Handle<ConnectUser> {
        let password = match &user.password {
            Password::Generate => None,
            // A missing one is empty, which is enough for a removal.
            Password::Env(_) => Some(self.inputs.passwords.get(key).cloned().unwrap_or_default()),
        };
        let props = UserProps {
            username: user.username.clone(),
            first_name: user.first_name.clone(),
            last_name: user.last_name.clone(),
            email: user.email.clone(),
            security_profiles: user.security_profiles.iter().map(|written| people.profile(written)).collect(),
            hierarchy_group: user.hierarchy_group.as_ref().and_then(|group| people.group(group.as_str())),
            routing_profile,
            phone_type: user.phone.kind.as_str().to_owned(),
            auto_accept: user.phone.auto_accept,
            after_contact_work_seconds: user.phone.after_contact_work_seconds,
            desk_phone_number: user.phone.desk_phone_number.clone(),
            password,
        };
        self.instance.user(key, props)
    }

    /// Returns what a reference in a flow, a module or a document stands for.
    pub(super) fn reference(&self, text: &str) -> Option<deployer_engine::Expr> {
        reference(&self.within, text)
    }

    /// Returns the content with its references resolved; records undefined references and returns `None` if there are any.
    fn content(&mut self, name: &str, in_module: bool) -> Option<Prop<Value>> {
        let contents = if in_module { &self.inputs.modules } else { &self.inputs.flows };
        let nothing = Value::Object(serde_json::Map::new());
        let content = contents.get(name).unwrap_or(&nothing);
        match with_references(content, &|text| self.reference(text.trim())) {
            Ok(content) => Some(content.into()),
            Err(found) => {
                let problem = |dangling| Problem::Undefined { flow: name.to_owned(), in_module, undefined: dangling };
                self.problems.extend(found.into_iter().map(problem));
                None
            }
        }
    }

    fn prompts(&self) {
        let bucket = self.spec.prompts_bucket().unwrap_or_default();
        for (key, prompt) in &self.declared.prompts {
            let recording = match &prompt.source {
                PromptSource::S3(uri) => Recording::Object(uri.clone()),
                PromptSource::File(_) => Recording::File(self.inputs.recordings.get(key.as_str()).cloned().unwrap_or_default()),
            };
            let props = PromptProps { name: prompt.name.clone(), description: prompt.description.clone(), recording };
            self.instance.prompt(key.as_str(), &bucket, props);
        }
    }

    fn modules(&mut self) {
        for (name, module) in &self.declared.modules {
            let Some(content) = self.content(name.as_str(), true) else { continue };
            let settings = self.inputs.modules.get(name.as_str()).and_then(|content| content.get("Settings")).cloned();
            let props = ModuleProps {
                settings,
                name: module.name.clone(),
                description: module.description.clone(),
                content,
                active: module.state == FlowState::Active,
            };
            self.instance.module(name.as_str(), props);
        }
    }

    fn flows(&mut self) {
        let circles = self.cyclic_flows();
        for (name, flow) in &self.declared.flows {
            let Some(content) = self.content(name.as_str(), false) else { continue };
            let props = FlowProps {
                name: flow.name.clone(),
                flow_type: flow.kind.as_str().to_owned(),
                description: flow.description.clone(),
                content,
                published: flow.status == FlowStatus::Published,
                active: flow.state == FlowState::Active,
            };
            match circles.contains(name.as_str()) {
                true => Flow::new_with_deferred_content(self.instance, name.as_str(), props),
                false => Flow::new(self.instance, name.as_str(), props),
            };
        }
    }

    /// Returns the flows that refer to themselves, directly or through flows, modules, queues, routing profiles and users.
    fn cyclic_flows(&self) -> BTreeSet<String> {
        let mut names: BTreeMap<(&str, &str), BTreeSet<(String, String)>> = BTreeMap::new();
        for (name, flow) in &self.inputs.flows {
            names.insert(("flows", name), named_in(flow));
        }
        for (name, module) in &self.inputs.modules {
            names.insert(("modules", name), named_in(module));
        }
        for (name, document) in &self.inputs.documents {
            let Some(place) = name.split_once('.') else { continue };
            names.entry(place).or_default().extend(named_in(document));
        }
        for (name, template) in &self.declared.task_templates {
            let flow = template.flow.iter().map(|flow| ("flows".to_owned(), flow.to_string()));
            names.entry(("task_templates", name.as_str())).or_default().extend(flow);
        }
        for (name, queue) in &self.declared.queues {
            let flow = queue.outbound_caller.flow.iter().map(|flow| ("flows".to_owned(), flow.to_string()));
            names.insert(("queues", name.as_str()), flow.collect());
        }
        for (name, profile) in &self.declared.routing_profiles {
            let queues = profile.queues.keys().chain([&profile.default_outbound_queue]);
            names.insert(("routing_profiles", name.as_str()), queues.map(|queue| ("queues".to_owned(), queue.clone())).collect());
        }
        for (name, user) in &self.declared.users {
            let profile = ("routing_profiles".to_owned(), user.routing_profile.clone());
            names.insert(("users", name.as_str()), BTreeSet::from([profile]));
        }
        let circular = |name: &&str| {
            let start = ("flows".to_owned(), (*name).to_owned());
            let mut seen: BTreeSet<&(String, String)> = BTreeSet::new();
            let mut open: Vec<&(String, String)> = names.get(&("flows", *name)).into_iter().flatten().collect();
            while let Some(next) = open.pop() {
                if *next == start {
                    return true;
                }
                if seen.insert(next) {
                    open.extend(names.get(&(next.0.as_str(), next.1.as_str())).into_iter().flatten());
                }
            }
            false
        };
        self.declared.flows.keys().map(|name| name.as_str()).filter(circular).map(str::to_owned).collect()
    }
}

/// Returns the resources of the instance that the document names, as section and key.
fn named_in(document: &Value) -> BTreeSet<(String, String)> {
    let mut found = BTreeSet::new();
    let mut open = vec![document];
    while let Some(value) = open.pop() {
        match value {
            Value::Array(items) => open.extend(items),
            Value::Object(members) => open.extend(members.values()),
            Value::String(text) => {
                for piece in deployer_flow::segments(text) {
                    let Segment::Symbol(symbol) = piece else { continue };
                    let mut steps = symbol.trim().split('.');
                    if let (Some("connect"), Some(section), Some(key)) = (steps.next(), steps.next(), steps.next()) {
                        found.insert((section.to_owned(), key.to_owned()));
                    }
                }
            }
            _ => {}
        }
    }
    found
}
