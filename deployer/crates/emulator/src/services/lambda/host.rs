//! What functions need of their account and Region.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use futures::future::BoxFuture;
use time::OffsetDateTime;

use super::State;
use crate::error::AwsError;
use crate::kernel::host::Credentials;
use crate::kernel::host::Host as Place;
use crate::shared::Shared;

/// The account and Region of functions.
pub(crate) trait Host: Place {
    /// Returns the functions as committed.
    fn functions(&self) -> Shared<State>;

    /// Whether every change of functions that has been made has also been committed.
    fn functions_are_settled(&self) -> bool;

    /// Returns the directory for code, if there is one.
    fn blobs(&self) -> Option<PathBuf>;

    /// Returns the directory for code, and creates it if nothing has been written yet.
    fn blobs_to_write(&self) -> Result<Option<PathBuf>, AwsError>;

    /// Returns temporary credentials of a role that Lambda can assume now, or `None`.
    fn session(&self, role: &str, name: &str, lasts: Duration) -> Option<Credentials>;

    /// Writes lines to a log stream, if the role has the permissions.
    fn write_log<'a>(
        &'a self,
        role: &'a str,
        place: (&'a str, &'a str),
        lines: &'a [(OffsetDateTime, String)],
    ) -> BoxFuture<'a, Result<(), AwsError>>;

    /// Returns the address at which functions reach AWS; the first call opens a listener.
    fn endpoint(&self) -> BoxFuture<'_, Result<SocketAddr, AwsError>>;
}
