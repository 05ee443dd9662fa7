//! Functions that an instance may invoke.
//!
//! AWS's pages differ on whether associating a function also adds the statement that lets Connect invoke it to the function's
//! resource policy. Here it does not, which exposes a deployer that relies on it.

use serde_json::Value;

use super::State;
use super::arguments::{PARAMETER, Paging, refused};
use crate::check::ValidationErrors;
use crate::error::AwsError;
use crate::kernel::operation::{Operation, read, write, write_with};
use crate::kernel::others::OtherServices;
use crate::request::{Request, string};
use crate::response::Response;

/// Maximum number of functions per instance (administrator guide, quotas).
const QUOTA: usize = 50;

/// Operations of this file.
#[rustfmt::skip]
pub(super) const OPERATIONS: &[Operation<State>] = &[
    write_with("AssociateLambdaFunction", associate).at("PUT /instance/{InstanceId}/lambda-function"),
    write("DisassociateLambdaFunction", disassociate).at("DELETE /instance/{InstanceId}/lambda-function"),
    read("ListLambdaFunctions", list).at("GET /instance/{InstanceId}/lambda-functions"),
];

fn associate(state: &mut State, call: &Request, others: &dyn OtherServices) -> Result<Response, AwsError> {
    let token = string(&call.input, "ClientToken")?;
    let arn = function_arn(string(&call.input, "FunctionArn")?, token)?;
    let local = format!("arn:aws:lambda:{}:{}:function:", call.context.region, call.context.account);
    let missing = arn.starts_with(&local) && !others.function_exists(&arn);
    let instance = state.active(call.path("InstanceId"), call.context.now)?;
    if token.is_some_and(|token| instance.function_tokens.get(token) == Some(&arn)) && instance.functions.contains(&arn) {
        return Ok(Response::empty(200));
    }
    // The following message texts are unverified.
    if missing {
        return Err(AwsError::new(404, "ResourceNotFoundException", format!("Function not found: {arn}")));
    }
    if instance.functions.contains(&arn) {
        let message = format!("The function {arn} is already associated with the instance");
        return Err(AwsError::new(409, "ResourceConflictException", message));
    }
    if instance.functions.len() >= QUOTA {
        let message = format!("The instance has reached its quota of {QUOTA} Lambda functions");
        return Err(AwsError::new(402, "ServiceQuotaExceededException", message));
    }
    if let Some(token) = token {
        instance.function_tokens.insert(token.to_owned(), arn.clone());
    }
    instance.functions.insert(arn);
    Ok(Response::empty(200))
}

fn disassociate(state: &mut State, call: &Request) -> Result<Response, AwsError> {
    let arn = function_arn(call.query("functionArn"), call.query("clientToken"))?;
    let instance = state.active(call.path("InstanceId"), call.context.now)?;
    if !instance.functions.remove(&arn) {
        // The message text is unverified.
        let message = format!("The function {arn} is not associated with the instance");
        return Err(AwsError::new(404, "ResourceNotFoundException", message));
    }
    instance.function_tokens.retain(|_, associated| *associated != arn);
    Ok(Response::empty(200))
}

fn list(state: &State, call: &Request) -> Result<Response, AwsError> {
    let paging = Paging::of_query(call, 25, PARAMETER)?;
    let instance = state.ready(call.path("InstanceId"), call.context.now)?;
    paging.response("LambdaFunctions", instance.functions.iter().map(|arn| (arn, Value::from(arn.as_str()))))
}

fn function_arn(given: Option<&str>, token: Option<&str>) -> Result<String, AwsError> {
    let mut faults = ValidationErrors::default();
    let arn = faults.required("functionArn", given);
    faults.length("functionArn", arn, 1..=140);
    faults.length("clientToken", token, 0..=500);
    faults.refuse(PARAMETER)?;
    let arn = arn.unwrap_or_default();
    let parts: Vec<&str> = arn.split(':').collect();
    let shaped = matches!(parts[..], ["arn", _, "lambda", _, account, "function", _] | ["arn", _, "lambda", _, account, "function", _, _] if account.len() == 12);
    if !shaped {
        // The message text is unverified.
        return Err(refused(PARAMETER, format!("{arn} is not the ARN of a Lambda function")));
    }
    Ok(arn.to_owned())
}
