//! Lowering of `connect` from a valid tree.

use std::collections::BTreeMap;

use super::{description, flag, map, name, number, optional, or, owned};
use crate::format::default;
use crate::model::*;
use crate::names::Name;
use crate::yaml::Node;

/// Lowers `connect`. `kept` is the default of the protection of resources whose loss is costly.
pub(super) fn connect(node: &Node, kept: bool) -> Option<Connect> {
    Some(Connect {
        alias: owned(node.get("alias")?)?,
        deletion_protection: or(node.get("deletion_protection"), flag, kept)?,
        inbound_calls: or(node.get("inbound_calls"), flag, true)?,
        outbound_calls: or(node.get("outbound_calls"), flag, false)?,
        attributes: InstanceAttribute::ALL.iter().filter_map(|kind| attribute(node, *kind)).collect(),
        flow_log_retention_days: or(node.get("flow_log_retention_days"), number, default::FLOW_LOG_RETENTION_DAYS)?,
        functions: node.get("functions").map(Node::elements).unwrap_or_default().iter().map(name).collect::<Option<_>>()?,
        hours: named(node.get("hours"), hours)?,
        queues: named(node.get("queues"), queue)?,
        routing_profiles: named(node.get("routing_profiles"), routing_profile)?,
        users: named(node.get("users"), user)?,
        phone_numbers: map(node.get("phone_numbers"), Name::new, |node| phone_number(node, kept))?,
        prompts: named(node.get("prompts"), prompt)?,
        prompts_bucket: optional(node.get("prompts_bucket"), owned)?,
        bots: map(node.get("bots"), Name::new, |node| Some(Bot { alias_arn: owned(node.get("alias_arn")?)? }))?,
        storage: map(node.get("storage"), StorageKind::parse, storage)?,
        modules: named(node.get("modules"), module)?,
        flows: named(node.get("flows"), flow)?,
    })
}

/// Lowers a map of named entries, each from its key and its value.
fn named<T>(node: Option<&Node>, read: impl Fn(&str, &Node) -> Option<T>) -> Option<BTreeMap<Name, T>> {
    node.into_iter().flat_map(Node::members).map(|(key, _, node)| Some((Name::new(key)?, read(key, node)?))).collect()
}

fn attribute(node: &Node, kind: InstanceAttribute) -> Option<(InstanceAttribute, bool)> {
    let value = node.get(kind.as_str()).map_or(kind.default_value(), flag)?;
    Some((kind, value))
}

/// Returns the name and the description of the entry with the key `key`.
fn name_and_description(key: &str, node: &Node) -> Option<(String, String)> {
    let name = or(node.get("name"), owned, key.to_owned())?;
    let description = or(node.get("description"), owned, name.clone())?;
    Some((name, description))
}

fn hours(key: &str, node: &Node) -> Option<Hours> {
    let (name, description) = name_and_description(key, node)?;
    let times = |times: &Node| -> Option<Vec<String>> {
        let mut times: Vec<String> = times.elements().iter().map(owned).collect::<Option<_>>()?;
        times.sort();
        Some(times)
    };
    let mut open = map(node.get("open"), Day::parse, times)?;
    open.retain(|_, times| !times.is_empty());
    Some(Hours { name, description, time_zone: owned(node.get("time_zone")?)?, open })
}

fn queue(key: &str, node: &Node) -> Option<Queue> {
    let (queue_name, description) = name_and_description(key, node)?;
    let caller = |node: &Node| {
        Some(OutboundCaller {
            name: optional(node.get("name"), owned)?,
            phone_number: optional(node.get("phone_number"), name)?,
            flow: optional(node.get("flow"), name)?,
        })
    };
    Some(Queue {
        name: queue_name,
        description,
        hours: owned(node.get("hours")?)?,
        max_contacts: optional(node.get("max_contacts"), number)?,
        enabled: or(node.get("enabled"), flag, true)?,
        outbound_caller: or(node.get("outbound_caller"), caller, OutboundCaller::default())?,
    })
}

fn routing_profile(key: &str, node: &Node) -> Option<RoutingProfile> {
    let (name, description) = name_and_description(key, node)?;
    let turn = |node: &Node| {
        Some(QueueAssignment {
            priority: or(node.get("priority"), number, 1)?,
            delay_seconds: or(node.get("delay_seconds"), number, 0)?,
        })
    };
    let concurrency = map(node.get("concurrency"), Channel::parse, number)?;
    Some(RoutingProfile {
        name,
        description,
        default_outbound_queue: owned(node.get("default_outbound_queue")?)?,
        concurrency: if concurrency.is_empty() { BTreeMap::from([(Channel::Voice, 1)]) } else { concurrency },
        queues: map(node.get("queues"), |key| Some(key.to_owned()), |node| map(Some(node), Channel::parse, turn))?,
    })
}

fn user(key: &str, node: &Node) -> Option<User> {
    let mut security_profiles: Vec<String> =
        node.get("security_profiles")?.elements().iter().map(owned).collect::<Option<_>>()?;
    security_profiles.sort();
    Some(User {
        username: or(node.get("username"), owned, key.to_owned())?,
        first_name: owned(node.get("first_name")?)?,
        last_name: owned(node.get("last_name")?)?,
        email: optional(node.get("email"), owned)?,
        security_profiles,
        routing_profile: owned(node.get("routing_profile")?)?,
        password: password(node.get("password")?)?,
        phone: or(node.get("phone"), phone, Phone::default())?,
    })
}

fn password(node: &Node) -> Option<Password> {
    let Some(variable) = node.get("env") else { return Some(Password::Generate) };
    Some(Password::Env(PasswordVariable { variable: owned(variable)?, span: variable.span }))
}

fn phone(node: &Node) -> Option<Phone> {
    Some(Phone {
        kind: or(node.get("type"), |node| PhoneType::parse(node.text()?), PhoneType::Soft)?,
        auto_accept: or(node.get("auto_accept"), flag, false)?,
        after_contact_work_seconds: or(node.get("after_contact_work_seconds"), number, 0)?,
        desk_phone_number: optional(node.get("desk_phone_number"), owned)?,
    })
}

fn phone_number(node: &Node, kept: bool) -> Option<PhoneNumber> {
    Some(PhoneNumber {
        country: owned(node.get("country")?)?,
        kind: PhoneNumberType::parse(node.get("type")?.text()?)?,
        prefix: optional(node.get("prefix"), owned)?,
        number: optional(node.get("number"), owned)?,
        description: description(node)?,
        flow: optional(node.get("flow"), name)?,
        release: or(node.get("release"), flag, !kept)?,
    })
}

fn prompt(key: &str, node: &Node) -> Option<Prompt> {
    let (name, description) = name_and_description(key, node)?;
    let source = match node.get("s3") {
        Some(object) => PromptSource::S3(owned(object)?),
        None => PromptSource::File(owned(node.get("file")?)?),
    };
    Some(Prompt { name, description, source })
}

fn storage(node: &Node) -> Option<Storage> {
    let (kind, _, place) = node.members().next()?;
    let prefix = |place: &Node| owned(place.get("prefix")?);
    match kind {
        "s3" => Some(Storage::S3 {
            bucket: owned(place.get("bucket")?)?,
            prefix: prefix(place)?,
            kms_key: optional(place.get("kms_key"), owned)?,
        }),
        "kinesis_stream" => owned(place).map(Storage::KinesisStream),
        "firehose" => owned(place).map(Storage::Firehose),
        "kinesis_video" => Some(Storage::KinesisVideo {
            prefix: prefix(place)?,
            retention_hours: or(place.get("retention_hours"), number, 0)?,
            kms_key: owned(place.get("kms_key")?)?,
        }),
        _ => None,
    }
}

fn state(node: &Node) -> Option<FlowState> {
    or(node.get("state"), |node| FlowState::parse(node.text()?), FlowState::Active)
}

fn module(key: &str, node: &Node) -> Option<Module> {
    let (file, (name, description)) = (node.get("file")?, name_and_description(key, node)?);
    Some(Module { name, file: owned(file)?, file_span: file.span, description, state: state(node)? })
}

fn flow(key: &str, node: &Node) -> Option<Flow> {
    let file = node.get("file")?;
    Some(Flow {
        name: or(node.get("name"), owned, key.to_owned())?,
        file: owned(file)?,
        file_span: file.span,
        kind: or(node.get("type"), |node| FlowType::parse(node.text()?), FlowType::ContactFlow)?,
        description: description(node)?,
        status: or(node.get("status"), |node| FlowStatus::parse(node.text()?), FlowStatus::Published)?,
        state: state(node)?,
    })
}
