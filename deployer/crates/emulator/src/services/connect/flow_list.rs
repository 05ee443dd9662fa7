//! `ListContactFlows` and `SearchContactFlows`.

use serde_json::{Value, json};
use time::OffsetDateTime;

use super::arguments::{PARAMETER, Paging, text};
use super::flow::{Flow, TYPES};
use super::search;
use crate::account_state::AccountState;
use crate::check::ValidationErrors;
use crate::error::AwsError;
use crate::request::{Request, RequestContext, string};
use crate::response::Response;

pub(super) fn serve(
    world: &mut AccountState,
    call: &Request,
    context: &RequestContext<'_>,
) -> Option<Result<Response, AwsError>> {
    Some(match call.operation {
        "ListContactFlows" => list(world, call, context.now),
        "SearchContactFlows" => search(world, call, context.now),
        _ => return None,
    })
}

fn list(world: &mut AccountState, call: &Request, now: OffsetDateTime) -> Result<Response, AwsError> {
    let paging = Paging::of_query(call, 1000, PARAMETER)?;
    let types: Vec<&str> =
        call.query.iter().filter(|(name, _)| name == "contactFlowTypes").map(|(_, value)| value.as_str()).collect();
    let mut faults = ValidationErrors::default();
    for one in &types {
        faults.one_of("contactFlowTypes", Some(one), &TYPES);
    }
    faults.refuse(PARAMETER)?;
    let instance = world.connect.ready(call.path("InstanceId"), now)?;
    let found = instance.flows.iter().filter(|(_, flow)| types.is_empty() || types.contains(&flow.kind.as_str()));
    paging.response("ContactFlowSummaryList", found.map(|(id, flow)| (id, summary(flow))))
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

fn search(world: &mut AccountState, call: &Request, now: OffsetDateTime) -> Result<Response, AwsError> {
    let paging = Paging::of_body(call, 100, PARAMETER)?;
    let mut faults = ValidationErrors::default();
    let id = faults.required("instanceId", string(&call.input, "InstanceId")?).unwrap_or_default().to_owned();
    faults.refuse(PARAMETER)?;
    let criteria = call.input.get("SearchCriteria").cloned().unwrap_or_else(|| json!({}));
    // The fields that a search accepts (API reference, ContactFlowSearchCriteria).
    search::check(&criteria, &["name", "description"])?;
    let filter = call.input.get("SearchFilter");
    let region = world.region.clone();
    let instance = world.connect.ready(&id, now)?;
    let found: Vec<(&String, Value)> = instance
        .flows
        .iter()
        .filter(|(_, flow)| search::fits(&criteria, &|one| fits(one, flow)) && search::tags_fit(filter, &flow.tags))
        .filter_map(|(id, flow)| Some((id, flow.described(&region, Some("$SAVED"))?)))
        .collect();
    let total = found.len();
    let mut body = paging.body("ContactFlows", found.into_iter())?;
    body["ApproximateTotalCount"] = total.into();
    Ok(Response::json(body))
}

fn fits(criteria: &Value, flow: &Flow) -> bool {
    let is = |name: &str, value: &str| text(criteria, name).is_none_or(|wanted| wanted == value);
    let of = |field: &str| match field {
        "description" => flow.description.iter().cloned().collect(),
        _ => vec![flow.name.clone()],
    };
    is("TypeCondition", &flow.kind)
        && is("StateCondition", &flow.state)
        && is("StatusCondition", flow.status())
        && search::text_fits(criteria, &of)
}
