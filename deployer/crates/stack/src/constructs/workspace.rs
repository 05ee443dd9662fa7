//! What agents and supervisors of an instance work with: overrides of hours, agent statuses, predefined attributes, views, task templates,
//! evaluation forms and rules.

use std::collections::BTreeMap;

use deployer_engine::Address;
use deployer_resources::{
    ConnectAgentStatus, ConnectAgentStatusProperties, ConnectDocumentProperties, ConnectHours, ConnectHoursOverride,
    ConnectHoursOverrideProperties, ConnectPredefinedAttribute, ConnectPredefinedAttributeProperties, Declare, Declared, Handle,
    Prop,
};
use serde_json::Value;

use crate::constructs::connect::Instance;

/// Properties of an override of hours of operation.
#[derive(Debug, Clone)]
pub struct HoursOverrideProps {
    /// The name, unique among the overrides of the hours.
    pub name: String,
    /// The description; not empty.
    pub description: String,
    /// The first date, such as `2026-12-24`.
    pub from: String,
    /// The last date.
    pub until: String,
    /// `STANDARD`, `OPEN` or `CLOSED`.
    pub kind: String,
    /// Times such as `08:00-18:00`, in order, by day such as `MONDAY`.
    pub times: BTreeMap<String, Vec<String>>,
}

/// Properties of an agent status.
#[derive(Debug, Clone)]
pub struct AgentStatusProps {
    /// The name, unique in the instance.
    pub name: String,
    /// The description; not empty.
    pub description: String,
    /// Whether agents can choose it.
    pub enabled: bool,
    /// Its place in the list that agents see, from 1.
    pub display_order: Option<u32>,
}

/// Properties of a predefined attribute.
#[derive(Debug, Clone)]
pub struct PredefinedAttributeProps {
    /// The name, unique in the instance.
    pub name: String,
    /// The values.
    pub values: Vec<String>,
    /// The purposes.
    pub purposes: Vec<String>,
    /// Whether contacts can be given only these values.
    pub only_these_values: bool,
}

/// Properties of a view, a task template, an evaluation form or a rule.
#[derive(Debug, Clone)]
pub struct DocumentProps {
    /// The name or title, unique in the instance.
    pub name: String,
    /// The description; empty for a rule.
    pub description: String,
    /// The status, as the API has it.
    pub status: String,
    /// The other members, as the API has them, with references resolved to outputs.
    pub content: Prop<Value>,
}

impl Instance {
    /// Adds an override of the hours. `key` is unique in the stack.
    pub fn hours_override(
        &self,
        key: &str,
        hours: &Handle<ConnectHours>,
        props: HoursOverrideProps,
    ) -> Handle<ConnectHoursOverride> {
        let properties = ConnectHoursOverrideProperties {
            instance_id: self.id(),
            hours_id: hours.id(),
            name: props.name,
            description: props.description,
            from: props.from,
            until: props.until,
            kind: props.kind,
            open: props.times,
        };
        self.stack.add(Address::new("hours_override", key), &properties, [])
    }

    /// Adds an agent status.
    pub fn agent_status(&self, key: &str, props: AgentStatusProps) -> Handle<ConnectAgentStatus> {
        let address = Address::new("agent_status", key);
        let properties = ConnectAgentStatusProperties {
            instance_id: self.id(),
            name: props.name,
            description: props.description,
            enabled: props.enabled,
            display_order: props.display_order,
            tags: self.stack.settings().tags_of(&address),
        };
        self.stack.add(address, &properties, [])
    }

    /// Adds a predefined attribute.
    pub fn predefined_attribute(&self, key: &str, props: PredefinedAttributeProps) -> Handle<ConnectPredefinedAttribute> {
        let sorted = |mut texts: Vec<String>| {
            texts.sort();
            texts.dedup();
            texts
        };
        let properties = ConnectPredefinedAttributeProperties {
            instance_id: self.id(),
            name: props.name,
            values: sorted(props.values),
            purposes: sorted(props.purposes),
            only_these_values: props.only_these_values,
        };
        self.stack.add(Address::new("predefined_attribute", key), &properties, [])
    }

    /// Adds a document of the type `R`, such as a view, under the address `kind.key`.
    pub fn document<R>(&self, kind: &str, key: &str, props: DocumentProps) -> Handle<R>
    where
        R: Declare<Declared = ConnectDocumentProperties<Declared>>,
    {
        let address = Address::new(kind, key);
        let properties = ConnectDocumentProperties {
            instance_id: self.id(),
            name: props.name,
            description: props.description,
            status: props.status,
            content: props.content,
            tags: self.stack.settings().tags_of(&address),
        };
        self.stack.add(address, &properties, [])
    }
}
