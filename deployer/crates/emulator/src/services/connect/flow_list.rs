//! `ListContactFlows` and `SearchContactFlows`.

use serde_json::{Value, json};

use super::State;
use super::arguments::{PARAMETER, Paging, text};
use super::search;
use super::types::{Flow, TYPES};
use crate::check::ValidationErrors;
use crate::error::AwsError;
use crate::kernel::operation::{Operation, read};
use crate::request::{Request, string};
use crate::response::Response;

/// Operations of this file.
#[rustfmt::skip]
pub(super) const OPERATIONS: &[Operation<State>] = &[
    read("ListContactFlows", list).at("GET /contact-flows-summary/{InstanceId}"),
    read("SearchContactFlows", search).at("POST /search-contact-flows"),
];

fn list(state: &State, call: &Request) -> Result<Response, AwsError> {
    let paging = Paging::of_query(call, 1000, PARAMETER)?;
    let types: Vec<&str> =
        call.query.iter().filter(|(name, _)| name == "contactFlowTypes").map(|(_, value)| value.as_str()).collect();
    let mut faults = ValidationErrors::default();
    for one in &types {
        faults.one_of("contactFlowTypes", Some(one), &TYPES);
    }
    faults.refuse(PARAMETER)?;
    let instance = state.ready(call.path("InstanceId"), call.context.now)?;
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

fn search(state: &State, call: &Request) -> Result<Response, AwsError> {
    let paging = Paging::of_body(call, 100, PARAMETER)?;
    let mut faults = ValidationErrors::default();
    let id = faults.required("instanceId", string(&call.input, "InstanceId")?).unwrap_or_default().to_owned();
    faults.refuse(PARAMETER)?;
    let criteria = call.input.get("SearchCriteria").cloned().unwrap_or_else(|| json!({}));
    // The fields that a search accepts (API reference, ContactFlowSearchCriteria).
    search::check(&criteria, &["name", "description"])?;
    let filter = call.input.get("SearchFilter");
    let instance = state.ready(&id, call.context.now)?;
    let found: Vec<(&String, Value)> = instance
        .flows
        .iter()
        .filter(|(_, flow)| search::fits(&criteria, &|one| fits(one, flow)) && search::tags_fit(filter, &flow.tags))
        .filter_map(|(id, flow)| Some((id, flow.described(&call.context.region, Some("$SAVED"))?)))
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
