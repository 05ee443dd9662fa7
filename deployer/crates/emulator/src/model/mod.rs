//! The inputs of the operations, as AWS's published service models say: which members there are, which must be there, how
//! long, how large, of which pattern and which values.
//!
//! The tables in `model/` are generated (`model/generate.py`); nothing here is typed by hand but what no model says: the
//! code that a service refuses with, and the members that this double does not carry out (`model/unsupported.txt`), which
//! are refused by name. S3 has no table: its model holds hardly a constraint, and its handlers read headers themselves.

mod bind;
mod check;
mod table;

#[cfg(test)]
mod tests;

use crate::request::{Request, Service};
use crate::error::AwsError;

/// Refuses a call whose input the service's model does not allow, every fault at once, as AWS does; and one that asks for
/// something that this double does not have.
pub(crate) fn check(call: &Request) -> Result<(), AwsError> {
    let Some(table) = table::of(call.service) else { return Ok(()) };
    let Some(operation) = table.operations.get(call.operation) else { return Ok(()) };
    let Some(shape) = operation.input.as_ref().and_then(|name| table.shapes.get(name)) else { return Ok(()) };
    let bound = bind::input(call, table, shape)?;
    let faults = check::input(table, shape, &bound, call)?;
    faults.refuse(code(call.service, operation))
}

/// The code of a broken constraint.
fn code(service: Service, operation: &table::Operation) -> &'static str {
    match service {
        Service::ApiGateway => "BadRequestException",
        Service::Iam | Service::Sts => "ValidationError",
        Service::Logs | Service::Tagging => "InvalidParameterException",
        // Operations on instances themselves declare the second only.
        Service::Connect if operation.errors.iter().any(|error| error == "InvalidParameterException") => {
            "InvalidParameterException"
        }
        Service::Connect => "InvalidRequestException",
        Service::Acm | Service::DynamoDb | Service::Lambda | Service::S3 => "ValidationException",
    }
}
