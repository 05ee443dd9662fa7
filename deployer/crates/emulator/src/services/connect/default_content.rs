//! Content of a new instance.
//!
//! The names are AWS's (administrator guide, "Default flows in Amazon Connect" and "Sample flows"); the content of the flows is
//! not: each is a short flow of its type.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::types::{AgentStatus, Content, Details, Flow, Hours, Kind, Prompt, Queue, Resource, RoutingProfile, SecurityProfile};
use crate::persistent_map::PersistentMap;
use crate::request::RequestContext;

/// Name and type of each flow; the default flows come first.
const FLOWS: [(&str, &str); 20] = [
    ("Default agent hold", "AGENT_HOLD"),
    ("Default agent transfer", "AGENT_TRANSFER"),
    ("Default agent whisper", "AGENT_WHISPER"),
    ("Default customer hold", "CUSTOMER_HOLD"),
    ("Default customer queue", "CUSTOMER_QUEUE"),
    ("Default customer whisper", "CUSTOMER_WHISPER"),
    ("Default outbound", "OUTBOUND_WHISPER"),
    ("Default queue transfer", "QUEUE_TRANSFER"),
    ("Sample AB test", "CONTACT_FLOW"),
    ("Sample Lambda integration", "CONTACT_FLOW"),
    ("Sample customer queue priority", "CONTACT_FLOW"),
    ("Sample disconnect flow", "CONTACT_FLOW"),
    ("Sample inbound flow (first contact experience)", "CONTACT_FLOW"),
    ("Sample interruptible queue flow with callback", "CUSTOMER_QUEUE"),
    ("Sample note for screenpop", "CONTACT_FLOW"),
    ("Sample queue configurations flow", "CONTACT_FLOW"),
    ("Sample queue customer", "CONTACT_FLOW"),
    ("Sample recording behavior", "CONTACT_FLOW"),
    ("Sample secure input with agent", "QUEUE_TRANSFER"),
    ("Sample secure input with no agent", "CONTACT_FLOW"),
];

const RESOURCES: [(&str, Kind); 15] = [
    ("BasicQueue", Kind::Queue),
    ("Basic Hours", Kind::Hours),
    ("Basic Routing Profile", Kind::RoutingProfile),
    ("Admin", Kind::SecurityProfile),
    ("Agent", Kind::SecurityProfile),
    ("CallCenterManager", Kind::SecurityProfile),
    ("QualityAnalyst", Kind::SecurityProfile),
    ("Beep.wav", Kind::Prompt),
    ("CustomerHold.wav", Kind::Prompt),
    ("CustomerQueue.wav", Kind::Prompt),
    ("Music_Jazz_MyTimetoFly_Inst.wav", Kind::Prompt),
    ("Music_Pop_ThisAndThatIsLife_Inst.wav", Kind::Prompt),
    ("Music_Rock_EverywhereTheSunShines_Inst.wav", Kind::Prompt),
    ("Available", Kind::AgentStatus),
    ("Offline", Kind::AgentStatus),
];

/// Whether a flow is one of those that come with an instance, under its name there.
pub(super) fn is_given(flow: &Flow) -> bool {
    flow.tags.is_empty() && FLOWS.iter().any(|(name, _)| *name == flow.name)
}

/// Returns the flows and other resources of the instance with this ARN, by id.
pub(super) fn new(instance: &str, context: &RequestContext) -> (PersistentMap<String, Flow>, PersistentMap<String, Resource>) {
    let mut resources: PersistentMap<String, Resource> = RESOURCES
        .into_iter()
        .map(|(name, kind)| {
            let id = context.uuid();
            let arn = format!("{instance}/{}/{id}", kind.arn_part());
            let (name, modified) = (name.to_owned(), context.now);
            let bare = Resource { kind, arn, name, description: None, modified, tags: BTreeMap::new(), details: Details::Plain };
            (id, bare)
        })
        .collect();
    complete(&mut resources);
    let flows = FLOWS
        .into_iter()
        .map(|(name, kind)| {
            let id = context.uuid();
            let flow = Flow {
                arn: format!("{instance}/contact-flow/{id}"),
                id: id.clone(),
                name: name.to_owned(),
                kind: kind.to_owned(),
                description: None,
                state: "ACTIVE".to_owned(),
                published: Content::new(&document(name, kind).to_string()).ok(),
                draft: None,
                default: name.starts_with("Default "),
                modified: context.now,
                tags: BTreeMap::new(),
                versions: PersistentMap::default(),
                newest: 0,
            };
            (id, flow)
        })
        .collect();
    (flows, resources)
}

/// Fills in the details of the resources that come with an instance.
fn complete(resources: &mut PersistentMap<String, Resource>) {
    let first = |kind: Kind, name: &str| {
        let found = resources.iter().find(|(_, one)| one.kind == kind && one.name == name);
        found.map(|(id, _)| id.clone()).unwrap_or_default()
    };
    let (hours, queue) = (first(Kind::Hours, "Basic Hours"), first(Kind::Queue, "BasicQueue"));
    let bare = |one: &Resource| matches!(one.details, Details::Plain) && one.kind != Kind::User;
    let bare: Vec<String> = resources.iter().filter(|(_, one)| bare(one)).map(|(id, _)| id.clone()).collect();
    for id in &bare {
        let Some(one) = resources.get_mut(id) else { continue };
        one.details = match one.kind {
            Kind::Hours => Details::Hours(Hours::always()),
            Kind::Queue => Details::Queue(Queue::new(hours.clone())),
            Kind::RoutingProfile => {
                one.description = Some("A simple routing profile".to_owned());
                Details::RoutingProfile(RoutingProfile::basic(&queue))
            }
            Kind::SecurityProfile => Details::SecurityProfile(SecurityProfile::default(&one.name)),
            Kind::Prompt => Details::Prompt(Prompt::default()),
            Kind::AgentStatus => Details::AgentStatus(AgentStatus::default(&one.name)),
            _ => Details::Plain,
        };
    }
}

fn document(name: &str, kind: &str) -> Value {
    let action = |id: &str, kind: &str, parameters: Value, transitions: Value| json!({"Identifier": id, "Type": kind, "Parameters": parameters, "Transitions": transitions});
    let says = |kind: &str| {
        let transitions = json!({"NextAction": "end", "Errors": [{"NextAction": "end", "ErrorType": "NoMatchingError"}]});
        action("say", kind, json!({"Text": format!("This is the flow {name}.")}), transitions)
    };
    let actions = match kind {
        "AGENT_HOLD" | "CUSTOMER_HOLD" | "CUSTOMER_QUEUE" => {
            let messages = json!({"Messages": [{"Text": "Please hold the line."}]});
            let transitions = json!({"Conditions": [], "Errors": [{"NextAction": "end", "ErrorType": "NoMatchingError"}]});
            vec![
                action("say", "MessageParticipantIteratively", messages, transitions),
                action("end", "EndFlowExecution", json!({}), json!({})),
            ]
        }
        "CONTACT_FLOW" | "AGENT_TRANSFER" | "QUEUE_TRANSFER" => {
            vec![says("MessageParticipant"), action("end", "DisconnectParticipant", json!({}), json!({}))]
        }
        _ => vec![says("MessageParticipant"), action("end", "EndFlowExecution", json!({}), json!({}))],
    };
    json!({"Version": "2019-10-30", "StartAction": "say", "Metadata": {"entryPointPosition": {"x": 20, "y": 20}}, "Actions": actions})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn default_flows_are_publishable() {
        for (name, kind) in FLOWS {
            let problems = super::super::publish::problems(&document(name, kind).to_string(), &|_, _| false);
            assert_eq!(problems, Vec::<String>::new(), "{name}");
        }
    }
}
