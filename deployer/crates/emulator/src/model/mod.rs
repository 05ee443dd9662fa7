//! Validation of operation inputs by AWS's published service models: known members, required members, lengths, ranges, patterns and enum
//! values.
//!
//! The tables in `model/` are generated (`model/generate.py`). Only what no model contains is written manually: the error code of a
//! service, and the members that this emulator does not implement (`model/unsupported.txt`), which are rejected by name. S3 has no table:
//! its model has hardly any constraints, and its handlers read headers themselves.

mod bind;
mod check;
mod table;

#[cfg(test)]
mod tests;

use crate::error::AwsError;
use crate::request::{Request, Service};

/// Rejects a request whose input the service's model does not allow, with all validation errors at once, as AWS does; also rejects a
/// request for a feature that this emulator does not have.
pub(crate) fn check(call: &Request) -> Result<(), AwsError> {
    let Some(table) = table::of(call.service) else { return Ok(()) };
    let Some(operation) = table.operations.get(call.operation) else { return Ok(()) };
    let Some(shape) = operation.input.as_ref().and_then(|name| table.shapes.get(name)) else { return Ok(()) };
    let bound = bind::input(call, table, shape)?;
    let faults = check::input(table, shape, &bound, call)?;
    faults.refuse(code(call.service, operation))
}

/// Returns the error code of a violated constraint.
fn code(service: Service, operation: &table::Operation) -> &'static str {
    match service {
        Service::ApiGateway => "BadRequestException",
        Service::Iam | Service::Sts => "ValidationError",
        Service::Logs | Service::Tagging => "InvalidParameterException",
        // Operations on instances themselves declare only the second one.
        Service::Connect if operation.errors.iter().any(|error| error == "InvalidParameterException") => {
            "InvalidParameterException"
        }
        Service::Connect => "InvalidRequestException",
        Service::Acm | Service::DynamoDb | Service::Lambda | Service::S3 => "ValidationException",
    }
}
