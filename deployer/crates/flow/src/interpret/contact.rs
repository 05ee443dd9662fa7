//! What Connect knows about a contact while it is in a flow.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::Call;
use super::host::{Agent, Queue};
use crate::jsonpath::{JsonPath, Segment, occurrences};

/// What only the current flow or module sees.
#[derive(Debug, Clone, Default)]
pub(super) struct Scope {
    pub(super) external: Value,
    pub(super) flow_attributes: Map<String, Value>,
    pub(super) stored_input: Option<String>,
    pub(super) invocation: Option<String>,
}

#[derive(Debug, Clone)]
pub(super) struct Contact {
    pub(super) id: String,
    pub(super) caller: String,
    pub(super) dialled: String,
    pub(super) instance_arn: String,
    pub(super) attributes: Map<String, Value>,
    pub(super) scope: Scope,
    pub(super) queue: Option<Queue>,
    pub(super) voice: String,
    pub(super) language: String,
    pub(super) name: Option<String>,
    pub(super) description: Option<String>,
    pub(super) customer_id: Option<String>,
    pub(super) callback_number: Option<String>,
    pub(super) references: Map<String, Value>,
    pub(super) tags: Map<String, Value>,
    pub(super) metrics: Value,
    pub(super) agent: Option<Agent>,
    pub(super) hooks: BTreeMap<String, String>,
}

impl Contact {
    pub(super) fn new(call: &Call) -> Self {
        Self {
            id: call.contact_id.clone(),
            caller: call.from.clone().unwrap_or_else(|| "anonymous".to_owned()),
            dialled: call.to.clone(),
            instance_arn: call.instance_arn.clone(),
            attributes: call.attributes.clone(),
            scope: Scope::default(),
            queue: None,
            voice: "Joanna".to_owned(),
            language: "en-US".to_owned(),
            name: None,
            description: None,
            customer_id: None,
            callback_number: None,
            references: Map::new(),
            tags: Map::new(),
            metrics: Value::Null,
            agent: None,
            hooks: BTreeMap::new(),
        }
    }

    /// Replaces every reference in a text by its value, one without a value by
    /// nothing; a reference with a root Connect does not know stays.
    pub(super) fn fill(&self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        let mut from = 0;
        for (range, reference) in occurrences(text) {
            out.push_str(text.get(from..range.start).unwrap_or_default());
            if reference.has_known_root() {
                out.push_str(&self.resolve(&reference).unwrap_or_default());
            } else {
                out.push_str(text.get(range.clone()).unwrap_or_default());
            }
            from = range.end;
        }
        out.push_str(text.get(from..).unwrap_or_default());
        out
    }

    /// Every text in a value filled, keys of objects included.
    pub(super) fn fill_value(&self, value: &Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.fill(text)),
            Value::Array(list) => list.iter().map(|v| self.fill_value(v)).collect(),
            Value::Object(members) => {
                members.iter().map(|(name, member)| (self.fill(name), self.fill_value(member))).collect::<Map<_, _>>().into()
            }
            other => other.clone(),
        }
    }

    /// The value of a reference as text; `None` when there is none.
    pub(super) fn resolve(&self, reference: &JsonPath) -> Option<String> {
        let root = self.root(reference.root())?;
        let mut value = &root;
        for segment in reference.segments().get(1..).unwrap_or_default() {
            value = match segment {
                Segment::Key(key) => value.get(key)?,
                Segment::Index(index) => value.get(index)?,
            };
        }
        as_text(value)
    }

    fn root(&self, root: &str) -> Option<Value> {
        Some(match root {
            "Attributes" => Value::Object(self.attributes.clone()),
            "FlowAttributes" => Value::Object(self.scope.flow_attributes.clone()),
            "External" => self.scope.external.clone(),
            "StoredCustomerInput" => json!(self.scope.stored_input),
            "LambdaInvocation" => json!({"InvocationId": self.scope.invocation}),
            "CustomerEndpoint" => endpoint(&self.caller),
            "SystemEndpoint" => endpoint(&self.dialled),
            "ContactId" | "InitialContactId" => json!(self.id),
            "Channel" => json!("VOICE"),
            "InitiationMethod" => json!("INBOUND"),
            "InstanceARN" => json!(self.instance_arn),
            "AwsRegion" => json!(self.instance_arn.split(':').nth(3)),
            "LanguageCode" => json!(self.language),
            "TextToSpeechVoiceId" => json!(self.voice),
            "Name" => json!(self.name),
            "Description" => json!(self.description),
            "CustomerId" => json!(self.customer_id),
            "CustomerCallbackNumber" => json!(self.callback_number),
            "References" => Value::Object(self.references.clone()),
            "Queue" => self.queue_value(),
            "Tags" => Value::Object(self.tags.clone()),
            "Metrics" => self.metrics.clone(),
            "Agent" => self.agent_value(),
            _ => return None,
        })
    }

    pub(super) fn queue_value(&self) -> Value {
        let Some(queue) = &self.queue else {
            return Value::Null;
        };
        let caller_id = queue.outbound_caller_id.as_deref().map(endpoint);
        json!({"ARN": queue.arn, "Name": queue.name, "OutboundCallerId": caller_id})
    }
}

impl Contact {
    fn agent_value(&self) -> Value {
        self.agent.as_ref().map_or(Value::Null, |agent| {
            json!({
                "ARN": agent.arn, "UserName": agent.user_name, "FirstName": agent.first_name, "LastName": agent.last_name
            })
        })
    }
}

pub(super) fn endpoint(address: &str) -> Value {
    json!({"Address": address, "Type": "TELEPHONE_NUMBER"})
}

fn as_text(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}
