//! Validation of operation inputs by AWS's published service models: known members, required members, lengths, ranges, patterns and enum
//! values.
//!
//! The tables in `model/` are generated (`model/generate.py`). Only what no model contains is written manually: the error code of a
//! service, and the members that this emulator does not implement (`model/unsupported.txt`), which are rejected by name. S3 has no table:
//! its model has hardly any constraints, and its handlers read headers themselves.

mod bind;
mod check;
pub(crate) mod table;
pub(crate) mod xml;

#[cfg(test)]
mod tests;

use crate::error::AwsError;
use crate::request::Request;

pub(crate) use table::Model;

/// Rejects a request whose input the service's model does not allow, with all validation errors at once, as AWS does; also rejects a
/// request for a feature that this emulator does not have.
pub(crate) fn check(call: &Request) -> Result<(), AwsError> {
    let Some(table) = call.service.model.map(Model::table) else { return Ok(()) };
    let Some(operation) = table.operations.get(call.operation()) else { return Ok(()) };
    let Some(shape) = operation.input.as_ref().and_then(|name| table.shapes.get(name)) else { return Ok(()) };
    let bound = bind::input(call, table, shape)?;
    let faults = check::input(table, shape, &bound, call)?;
    faults.refuse((call.service.validation_code)(&operation.errors))
}
