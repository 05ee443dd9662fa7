//! State of a contact while it is in a flow.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::resources::{Agent, Queue};
use super::transcript::Call;
use crate::jsonpath::{JsonPath, Segment, occurrences};

/// Maximum size in bytes of one text or map after its references are replaced: the limit for all attributes of a contact (AWS
/// administrator guide, quotas). No use of such a text accepts a longer one, and a flow that doubles a value in a loop must
/// not exhaust memory.
const MAX_FILLED: usize = 32 * 1024;

/// State that only the current flow or module sees.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Scope {
    pub(crate) external: Value,
    pub(crate) flow_attributes: Map<String, Value>,
    pub(crate) stored_input: Option<String>,
    pub(crate) invocation: Option<String>,
    pub(crate) metrics: Value,
    /// Responses of services outside of the call, by root: `Customer`, `Lex`.
    pub(crate) external_values: Map<String, Value>,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Contact {
    pub(crate) id: String,
    pub(crate) caller: String,
    pub(crate) dialled: String,
    pub(crate) instance_arn: String,
    pub(crate) attributes: Map<String, Value>,
    pub(crate) scope: Scope,
    pub(crate) queue: Option<Queue>,
    pub(crate) voice: String,
    pub(crate) language: String,
    pub(crate) name: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) customer_id: Option<String>,
    pub(crate) callback_number: Option<String>,
    pub(crate) references: Map<String, Value>,
    pub(crate) tags: Map<String, Value>,
    pub(crate) agent: Option<Agent>,
    pub(crate) hooks: BTreeMap<String, String>,
    /// Responses of services outside of the call that every flow sees, by root: `Case`, `Task`, `Views`.
    pub(crate) external_values: Map<String, Value>,
    /// Number of tasks that the call has created.
    pub(crate) tasks: usize,
}

impl Contact {
    pub(crate) fn new(call: &Call) -> Self {
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
            agent: None,
            hooks: BTreeMap::new(),
            external_values: Map::new(),
            tasks: 0,
        }
    }

    /// Replaces every reference in a text by its value, or by nothing if it has none; a reference with a root that Connect
    /// does not know is left unchanged. The result is truncated to the size limit of all attributes.
    pub(crate) fn fill(&self, text: &str) -> String {
        self.fill_up_to(text, &mut MAX_FILLED.max(text.len()))
    }

    fn fill_up_to(&self, text: &str, left: &mut usize) -> String {
        let mut out = String::new();
        let mut from = 0;
        for (range, reference) in occurrences(text) {
            out.push_str(text.get(from..range.start).unwrap_or_default());
            if reference.has_known_root() {
                out.push_str(&self.resolve(&reference).unwrap_or_default());
            } else {
                out.push_str(text.get(range.clone()).unwrap_or_default());
            }
            from = range.end;
            if out.len() > *left {
                break;
            }
        }
        out.push_str(text.get(from..).unwrap_or_default());
        out.truncate(out.floor_char_boundary(*left));
        *left -= out.len();
        out
    }

    /// Replaces the references of every text in a value, keys of objects included.
    pub(crate) fn interpolate_value(&self, value: &Value) -> Value {
        self.fill_value_up_to(value, &mut (2 * MAX_FILLED))
    }

    fn fill_value_up_to(&self, value: &Value, left: &mut usize) -> Value {
        match value {
            Value::String(text) => Value::String(self.fill_up_to(text, left)),
            Value::Array(list) => list.iter().map(|element| self.fill_value_up_to(element, left)).collect(),
            Value::Object(members) => {
                let filled = members.iter().map(|(name, member)| {
                    let name = self.fill_up_to(name, left);
                    (name, self.fill_value_up_to(member, left))
                });
                filled.collect::<Map<_, _>>().into()
            }
            other => other.clone(),
        }
    }

    /// Returns the value of a reference as text; `None` if there is none.
    pub(crate) fn resolve(&self, reference: &JsonPath) -> Option<String> {
        let rest = reference.segments().get(1..).unwrap_or_default();
        let map = |map: &Map<String, Value>| match rest.split_first() {
            Some((Segment::Key(key), rest)) => within(map.get(key)?, rest),
            Some((Segment::Index(_), _)) => None,
            None => as_text(&Value::Object(map.clone())),
        };
        match reference.root() {
            "Attributes" => map(&self.attributes),
            "FlowAttributes" => map(&self.scope.flow_attributes),
            "References" => map(&self.references),
            "Tags" => map(&self.tags),
            "External" => within(&self.scope.external, rest),
            "Metrics" => within(&self.scope.metrics, rest),
            root => match self.scope.external_values.get(root).or_else(|| self.external_values.get(root)) {
                Some(value) => within(value, rest),
                None => within(&self.fact(root)?, rest),
            },
        }
    }

    fn fact(&self, root: &str) -> Option<Value> {
        Some(match root {
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
            "Queue" => self.queue_value(),
            "Agent" => self.agent_value(),
            _ => return None,
        })
    }

    /// Stores responses of services outside of the call. A module does not see the profile of the flow that calls it, and
    /// vice versa (administrator guide, flow modules); for the other roots no page states this.
    pub(crate) fn set_external_values(&mut self, values: Map<String, Value>) {
        for (root, value) in values {
            let kept = if root == "Customer" { &mut self.scope.external_values } else { &mut self.external_values };
            match (kept.get_mut(&root).and_then(Value::as_object_mut), value) {
                (Some(known), Value::Object(new)) => known.extend(new),
                (_, value) => drop(kept.insert(root, value)),
            }
        }
    }

    pub(crate) fn queue_value(&self) -> Value {
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

pub(crate) fn endpoint(address: &str) -> Value {
    json!({"Address": address, "Type": "TELEPHONE_NUMBER"})
}

/// Returns the value at these segments as text.
fn within(mut value: &Value, segments: &[Segment]) -> Option<String> {
    for segment in segments {
        value = match segment {
            Segment::Key(key) => value.get(key)?,
            Segment::Index(index) => value.get(index)?,
        };
    }
    as_text(value)
}

fn as_text(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}
