//! Attributes of an instance, each "true" or "false".

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::State;
use super::arguments::{PARAMETER, Paging};
use crate::check::ValidationErrors;
use crate::error::AwsError;
use crate::kernel::operation::{Operation, read, write_with};
use crate::kernel::others::OtherServices;
use crate::request::{Request, string};
use crate::response::Response;

/// All attributes and their values in a new instance: best voices, flow logs, contact lens, early media and multi-party as
/// Terraform's provider records them, the others off.
const ATTRIBUTES: [(&str, bool); 13] = [
    ("AUTO_RESOLVE_BEST_VOICES", true),
    ("CONTACTFLOW_LOGS", false),
    ("CONTACT_LENS", true),
    ("EARLY_MEDIA", true),
    ("ENHANCED_CHAT_MONITORING", false),
    ("ENHANCED_CONTACT_MONITORING", false),
    ("HIGH_VOLUME_OUTBOUND", false),
    ("INBOUND_CALLS", false),
    ("MESSAGE_STREAMING", false),
    ("MULTI_PARTY_CHAT_CONFERENCE", false),
    ("MULTI_PARTY_CONFERENCE", false),
    ("OUTBOUND_CALLS", false),
    ("USE_CUSTOM_TTS_VOICES", false),
];

/// Attribute that lets flows write logs.
const FLOW_LOGS: &str = "CONTACTFLOW_LOGS";

/// Attribute that only accounts on an allow list can change: others are denied (terraform-provider-aws, connect/instance.go).
const ALLOW_LISTED: &str = "USE_CUSTOM_TTS_VOICES";

pub(super) fn defaults() -> BTreeMap<String, bool> {
    ATTRIBUTES.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

fn kind<'a>(call: &'a Request, faults: &mut ValidationErrors) -> &'a str {
    let kind = call.path("AttributeType");
    faults.one_of("attributeType", Some(kind), &ATTRIBUTES.map(|(name, _)| name));
    kind
}

/// Operations of this file.
#[rustfmt::skip]
pub(super) const OPERATIONS: &[Operation<State>] = &[
    write_with("UpdateInstanceAttribute", update).at("POST /instance/{InstanceId}/attribute/{AttributeType}"),
    read("DescribeInstanceAttribute", describe).at("GET /instance/{InstanceId}/attribute/{AttributeType}"),
    read("ListInstanceAttributes", list).at("GET /instance/{InstanceId}/attributes"),
];

fn update(state: &mut State, call: &Request, others: &dyn OtherServices) -> Result<Response, AwsError> {
    let mut faults = ValidationErrors::default();
    let kind = kind(call, &mut faults);
    let value = faults.required("value", string(&call.input, "Value")?);
    faults.length("value", value, 1..=100);
    faults.refuse(PARAMETER)?;
    let value = match value {
        Some("true") => true,
        Some("false") => false,
        // The message text is unverified.
        _ => return Err(AwsError::new(400, PARAMETER, format!("The value of {kind} must be true or false"))),
    };
    let instance = state.active(call.path("InstanceId"), call.context.now)?;
    if kind == ALLOW_LISTED {
        // The message text is unverified.
        return Err(AwsError::new(403, "AccessDeniedException", format!("The account is not authorized to update {kind}")));
    }
    instance.attributes.insert(kind.to_owned(), value);
    // A missing log group is created (administrator guide, "Flow logs stored in an Amazon CloudWatch log group"), without
    // retention. That DeleteInstance leaves it is unverified.
    let alias = instance.alias.clone().filter(|_| kind == FLOW_LOGS && value);
    if let Some(alias) = alias {
        others.ensure_log_group(&format!("/aws/connect/{alias}"), call.context.now);
    }
    Ok(Response::empty(200))
}

fn describe(state: &State, call: &Request) -> Result<Response, AwsError> {
    let mut faults = ValidationErrors::default();
    let kind = kind(call, &mut faults);
    faults.refuse(PARAMETER)?;
    let instance = state.ready(call.path("InstanceId"), call.context.now)?;
    let value = instance.attributes.get(kind).copied().unwrap_or_default();
    Ok(Response::json(json!({"Attribute": shown(kind, value)})))
}

fn list(state: &State, call: &Request) -> Result<Response, AwsError> {
    let paging = Paging::of_query(call, 7, PARAMETER)?;
    let instance = state.ready(call.path("InstanceId"), call.context.now)?;
    paging.response("Attributes", instance.attributes.iter().map(|(kind, value)| (kind, shown(kind, *value))))
}

fn shown(kind: &str, value: bool) -> Value {
    json!({"AttributeType": kind, "Value": value.to_string()})
}
