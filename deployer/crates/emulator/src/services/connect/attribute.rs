//! Attributes of an instance, each "true" or "false".

use std::collections::BTreeMap;

use serde_json::{Value, json};
use time::OffsetDateTime;

use super::arguments::{PARAMETER, Paging};
use crate::account_state::AccountState;
use crate::check::ValidationErrors;
use crate::error::AwsError;
use crate::request::{Request, RequestContext, string};
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

pub(super) fn serve(
    world: &mut AccountState,
    call: &Request,
    context: &RequestContext<'_>,
) -> Option<Result<Response, AwsError>> {
    Some(match call.operation {
        "UpdateInstanceAttribute" => update(world, call, context.now),
        "DescribeInstanceAttribute" => describe(world, call, context.now),
        "ListInstanceAttributes" => list(world, call, context.now),
        _ => return None,
    })
}

fn update(world: &mut AccountState, call: &Request, now: OffsetDateTime) -> Result<Response, AwsError> {
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
    let instance = world.connect.active(call.path("InstanceId"), now)?;
    if kind == ALLOW_LISTED {
        // The message text is unverified.
        return Err(AwsError::new(403, "AccessDeniedException", format!("The account is not authorized to update {kind}")));
    }
    instance.attributes.insert(kind.to_owned(), value);
    // A missing log group is created (administrator guide, "Flow logs stored in an Amazon CloudWatch log group"), without
    // retention. That DeleteInstance leaves it is unverified.
    let alias = instance.alias.clone().filter(|_| kind == FLOW_LOGS && value);
    if let Some(alias) = alias {
        world.logs.ensure(&format!("/aws/connect/{alias}"), now);
    }
    Ok(Response::empty(200))
}

fn describe(world: &mut AccountState, call: &Request, now: OffsetDateTime) -> Result<Response, AwsError> {
    let mut faults = ValidationErrors::default();
    let kind = kind(call, &mut faults);
    faults.refuse(PARAMETER)?;
    let instance = world.connect.active(call.path("InstanceId"), now)?;
    let value = instance.attributes.get(kind).copied().unwrap_or_default();
    Ok(Response::json(json!({"Attribute": shown(kind, value)})))
}

fn list(world: &mut AccountState, call: &Request, now: OffsetDateTime) -> Result<Response, AwsError> {
    let paging = Paging::of_query(call, 7, PARAMETER)?;
    let instance = world.connect.active(call.path("InstanceId"), now)?;
    paging.response("Attributes", instance.attributes.iter().map(|(kind, value)| (kind, shown(kind, *value))))
}

fn shown(kind: &str, value: bool) -> Value {
    json!({"AttributeType": kind, "Value": value.to_string()})
}
