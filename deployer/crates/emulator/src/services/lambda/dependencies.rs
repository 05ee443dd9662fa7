//! Uses of IAM and CloudWatch Logs by Lambda.

use std::time::Duration;

use time::OffsetDateTime;

use super::function::Configuration;
use super::refused;
use crate::Emulator;
use crate::account_state::AccountState;
use crate::error::AwsError;
use crate::services::{iam, logs};

/// Lifetime of a process's credentials, which exceeds that of the process.
const SESSION: Duration = Duration::from_secs(12 * 3600);

/// Returns an error for a role that Lambda cannot assume (yet).
pub(crate) fn usable_role(world: &AccountState, arn: &str, now: OffsetDateTime) -> Result<(), AwsError> {
    if world.iam.role_usable(arn, "lambda.amazonaws.com", now) {
        return Ok(());
    }
    Err(refused("The role defined for the function cannot be assumed by Lambda."))
}

/// Returns temporary credentials of the role, in a session named after the function.
pub(crate) fn session(emulator: &Emulator, role: &str, function: &str) -> Result<iam::Credentials, AwsError> {
    let context = emulator.request_context();
    // The message text is unverified.
    let gone = || AwsError::new(403, "AccessDeniedException", "The role defined for the function cannot be assumed by Lambda.");
    let iam = emulator.account_state().iam;
    if !iam.role_usable(role, "lambda.amazonaws.com", context.now) {
        return Err(gone());
    }
    iam.start_session(role, function, SESSION, &context).map_err(|_| gone())
}

/// Writes lines to the function's log stream, if its role has the permissions.
pub(crate) async fn log(emulator: &Emulator, configuration: &Configuration, stream: &str, lines: &[(OffsetDateTime, String)]) {
    let now = emulator.request_context().now;
    let role = configuration.role.rsplit('/').next().unwrap_or_default();
    let kept: Result<bool, AwsError> = emulator
        .change(|world| Ok(logs::append(world, role, &configuration.logging.group, stream, lines.iter().cloned(), now)))
        .await;
    if let Err(refusal) = kept {
        tracing::warn!("the log of {} is lost: {}", configuration.role, refusal.message);
    }
}
