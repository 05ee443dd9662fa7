//! ListContactFlows and SearchContactFlows.

use serde_json::{Value, json};
use time::OffsetDateTime;

use super::arguments::{PARAMETER, Paging, refused};
use super::flow::{Flow, STATES, STATUSES, TYPES};
use crate::call::{Call, string};
use crate::check::Faults;
use crate::refusal::Refusal;
use crate::reply::Reply;
use crate::world::World;

pub(super) fn list(world: &mut World, call: &Call, now: OffsetDateTime) -> Result<Reply, Refusal> {
    let paging = Paging::of_query(call, 1000, PARAMETER)?;
    let types: Vec<&str> =
        call.query.iter().filter(|(name, _)| name == "contactFlowTypes").map(|(_, value)| value.as_str()).collect();
    let mut faults = Faults::default();
    for one in &types {
        faults.one_of("contactFlowTypes", Some(one), &TYPES);
    }
    faults.refuse(PARAMETER)?;
    let instance = world.connect.active(call.path("InstanceId"), now)?;
    let found = instance.flows.iter().filter(|(_, flow)| types.is_empty() || types.contains(&flow.kind.as_str()));
    paging.reply("ContactFlowSummaryList", found.map(|(id, flow)| (id, summary(flow))))
}

fn summary(flow: &Flow) -> Value {
    json!({
        "Id": flow.id,
        "Arn": flow.arn,
        "Name": flow.name,
        "ContactFlowType": flow.kind,
        "ContactFlowState": flow.state,
        "ContactFlowStatus": flow.status(),
    })
}

pub(super) fn search(world: &mut World, call: &Call, now: OffsetDateTime) -> Result<Reply, Refusal> {
    let paging = Paging::of_body(call, 100, PARAMETER)?;
    let mut faults = Faults::default();
    let id = faults.required("instanceId", string(&call.input, "InstanceId")?).unwrap_or_default().to_owned();
    faults.refuse(PARAMETER)?;
    if call.input.get("SearchFilter").is_some_and(|filter| !filter.is_null()) {
        return Err(Refusal::new(501, "NotImplemented", "SearchFilter of SearchContactFlows"));
    }
    let criteria = call.input.get("SearchCriteria").cloned().unwrap_or_else(|| json!({}));
    check(&criteria, 0)?;
    let region = world.region.clone();
    let instance = world.connect.active(&id, now)?;
    let found: Vec<(&String, Value)> = instance
        .flows
        .iter()
        .filter(|(_, flow)| matches(&criteria, flow))
        .filter_map(|(id, flow)| Some((id, flow.described(&region, true)?)))
        .collect();
    let total = found.len();
    let mut reply = paging.reply("ContactFlows", found.into_iter())?;
    if let crate::reply::Body::Json(body) = &mut reply.body {
        body["ApproximateTotalCount"] = total.into();
    }
    Ok(reply)
}

/// Criteria inside criteria go this deep at most.
const DEPTH: usize = 8;

fn check(criteria: &Value, depth: usize) -> Result<(), Refusal> {
    if depth > DEPTH {
        // Text unverified.
        return Err(refused(PARAMETER, "The search criteria are nested too deeply"));
    }
    let mut faults = Faults::default();
    let one_of = |faults: &mut Faults, name: &str, at: &str, allowed: &[&str]| -> Result<(), Refusal> {
        faults.one_of(at, string(criteria, name)?, allowed);
        Ok(())
    };
    one_of(&mut faults, "TypeCondition", "typeCondition", &TYPES)?;
    one_of(&mut faults, "StateCondition", "stateCondition", &STATES)?;
    one_of(&mut faults, "StatusCondition", "statusCondition", &STATUSES)?;
    if let Some(condition) = criteria.get("StringCondition") {
        faults.one_of("comparisonType", string(condition, "ComparisonType")?, &["STARTS_WITH", "CONTAINS", "EXACT"]);
        // API reference, ContactFlowSearchCriteria: the fields that a search takes.
        faults.one_of("fieldName", string(condition, "FieldName")?, &["name", "description"]);
    }
    faults.refuse(PARAMETER)?;
    parts(criteria, "OrConditions").chain(parts(criteria, "AndConditions")).try_for_each(|part| check(part, depth + 1))
}

fn parts<'a>(criteria: &'a Value, name: &str) -> impl Iterator<Item = &'a Value> {
    criteria.get(name).and_then(Value::as_array).into_iter().flatten()
}

fn matches(criteria: &Value, flow: &Flow) -> bool {
    let is = |name: &str, value: &str| criteria.get(name).and_then(Value::as_str).is_none_or(|wanted| wanted == value);
    let mut any = parts(criteria, "OrConditions").peekable();
    is("TypeCondition", &flow.kind)
        && is("StateCondition", &flow.state)
        && is("StatusCondition", flow.status())
        && criteria.get("StringCondition").is_none_or(|condition| text_matches(condition, flow))
        && (any.peek().is_none() || any.any(|part| matches(part, flow)))
        && parts(criteria, "AndConditions").all(|part| matches(part, flow))
}

/// Without regard to case (unverified).
fn text_matches(condition: &Value, flow: &Flow) -> bool {
    let of = |name: &str| condition.get(name).and_then(Value::as_str).unwrap_or_default().to_lowercase();
    let text = match condition.get("FieldName").and_then(Value::as_str) {
        Some("description") => flow.description.as_deref().unwrap_or_default(),
        _ => &flow.name,
    };
    let (text, value) = (text.to_lowercase(), of("Value"));
    match condition.get("ComparisonType").and_then(Value::as_str) {
        Some("STARTS_WITH") => text.starts_with(&value),
        Some("CONTAINS") => text.contains(&value),
        _ => text == value,
    }
}
