//! What calls and test runs need of their account and Region.

use futures::future::BoxFuture;
use time::OffsetDateTime;

use super::State;
use super::running::Running;
use crate::error::AwsError;
use crate::kernel::host::Functions;
use crate::shared::Shared;

/// A change of Connect's state.
pub(crate) type Change<'a> = Box<dyn FnOnce(&mut State) -> Result<(), AwsError> + Send + 'a>;

/// The account and Region of instances.
pub(crate) trait Host: Functions {
    /// Returns the instances and numbers as committed.
    fn connect(&self) -> Shared<State>;

    /// Returns the test executions that this process runs.
    fn tests(&self) -> &Running;

    /// Makes a change of the state and waits until it is written.
    fn change<'a>(&'a self, change: Change<'a>) -> BoxFuture<'a, Result<(), AwsError>>;

    /// Writes lines to a log stream under Connect's own role.
    fn write_log<'a>(
        &'a self,
        place: (&'a str, &'a str),
        lines: Vec<(OffsetDateTime, String)>,
    ) -> BoxFuture<'a, Result<(), AwsError>>;
}
