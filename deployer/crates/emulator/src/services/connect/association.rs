//! Functions that an instance may invoke.
//!
//! AWS's pages differ on whether associating a function also adds the statement that lets Connect invoke it to the function's
//! resource policy. Here it does not, which exposes a deployer that relies on it.

use serde_json::Value;
use time::OffsetDateTime;

use super::arguments::{PARAMETER, Paging, refused};
use crate::account_state::AccountState;
use crate::check::ValidationErrors;
use crate::error::AwsError;
use crate::request::{Request, RequestContext, string};
use crate::response::Response;

/// Maximum number of functions per instance (administrator guide, quotas).
const QUOTA: usize = 50;

pub(super) fn serve(
    world: &mut AccountState,
    call: &Request,
    context: &RequestContext<'_>,
) -> Option<Result<Response, AwsError>> {
    Some(match call.operation {
        "AssociateLambdaFunction" => associate(world, call, context.now),
        "DisassociateLambdaFunction" => disassociate(world, call, context.now),
        "ListLambdaFunctions" => list(world, call, context.now),
        _ => return None,
    })
}

fn associate(world: &mut AccountState, call: &Request, now: OffsetDateTime) -> Result<Response, AwsError> {
    let token = string(&call.input, "ClientToken")?;
    let arn = function_arn(string(&call.input, "FunctionArn")?, token)?;
    let local = format!("arn:aws:lambda:{}:{}:function:", world.region, world.account);
    let missing = arn.starts_with(&local) && !world.lambda.exists(&arn);
    let instance = world.connect.active(call.path("InstanceId"), now)?;
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

fn disassociate(world: &mut AccountState, call: &Request, now: OffsetDateTime) -> Result<Response, AwsError> {
    let arn = function_arn(call.query("functionArn"), call.query("clientToken"))?;
    let instance = world.connect.active(call.path("InstanceId"), now)?;
    if !instance.functions.remove(&arn) {
        // The message text is unverified.
        let message = format!("The function {arn} is not associated with the instance");
        return Err(AwsError::new(404, "ResourceNotFoundException", message));
    }
    instance.function_tokens.retain(|_, associated| *associated != arn);
    Ok(Response::empty(200))
}

fn list(world: &mut AccountState, call: &Request, now: OffsetDateTime) -> Result<Response, AwsError> {
    let paging = Paging::of_query(call, 25, PARAMETER)?;
    let instance = world.connect.ready(call.path("InstanceId"), now)?;
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
