//! Integers: AWS's service models have signed ones, properties unsigned ones.

/// Returns the integer as an operation takes it.
pub(crate) fn signed(property: u32) -> i32 {
    i32::try_from(property).unwrap_or(i32::MAX)
}

/// Returns the integer that an operation returned as a property. No number that properties hold is negative.
pub(crate) fn unsigned(returned: i32) -> u32 {
    u32::try_from(returned).unwrap_or_default()
}
