//! Instances and what is in them, for a page.

use deployer_flow::Flow;
use serde_json::{Value, json};
use time::OffsetDateTime;

use super::types::{Instance, Kind};
use super::{State, default_content, flow_reference, module_reference};
use crate::overview::list;

impl State {
    /// Returns the instances with their flows, numbers, modules, functions, and other resources by kind.
    pub(crate) fn overview(&self, now: OffsetDateTime) -> Value {
        let there = self.instances.values().filter(|instance| !instance.is_gone(now));
        list(there.map(|instance| self.overview_of(instance, now)))
    }

    fn overview_of(&self, instance: &Instance, now: OffsetDateTime) -> Value {
        let flows = instance.flows.values().map(|flow| {
            json!({
                "id": flow.id, "arn": flow.arn, "name": flow.name, "type": flow.kind, "archived": flow.state != "ACTIVE",
                "published": flow.published.is_some(), "given": default_content::is_given(flow),
            })
        });
        let modules = instance.modules.values().map(|module| json!({"id": module.id, "arn": module.arn, "name": module.name}));
        let own = self.numbers.values().filter(|number| number.instance == instance.id && number.is_claimed(now));
        let numbers = own.map(|number| {
            let flow = number.flow.as_ref().and_then(|id| instance.flows.get(id)).map(|flow| flow.name.as_str());
            json!({"number": number.number, "flow": flow, "flow_id": number.flow})
        });
        let functions =
            instance.functions.iter().map(|arn| json!(arn.rsplit_once(":function:").map_or(arn.as_str(), |(_, name)| name)));
        let of_kind = |kind: Kind| {
            let own = instance.resources.values().filter(move |resource| resource.kind == kind);
            list(own.map(|resource| json!(resource.name)))
        };
        let kinds = [
            (Kind::Queue, "queues"),
            (Kind::Hours, "hours of operation"),
            (Kind::RoutingProfile, "routing profiles"),
            (Kind::User, "users"),
            (Kind::Prompt, "prompts"),
            (Kind::QuickConnect, "quick connects"),
            (Kind::SecurityProfile, "security profiles"),
        ];
        let resources: Vec<Value> =
            kinds.into_iter().map(|(kind, plural)| json!({"kind": plural, "names": of_kind(kind)})).collect();
        json!({
            "id": instance.id, "alias": instance.alias, "status": instance.status(now), "flows": list(flows),
            "modules": list(modules), "numbers": list(numbers), "functions": list(functions), "resources": resources,
        })
    }

    /// Returns a flow or a module of an instance as calls run it, or its saved content if nothing has been published; `None` if there is
    /// none with this id or ARN, or its content cannot be read.
    pub(crate) fn drawn(&self, instance_id: &str, id: &str) -> Option<Flow> {
        let instance = self.instance(instance_id)?;
        let content = match flow_reference::find(instance, id) {
            Some(flow) => flow.published.as_ref().or(flow.draft.as_ref())?,
            None => module_reference::find(instance, id).ok()?.content,
        };
        Flow::parse(content.text()).ok()
    }
}
