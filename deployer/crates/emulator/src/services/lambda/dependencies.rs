//! Uses of IAM and CloudWatch Logs by Lambda.

use std::time::Duration;

use time::OffsetDateTime;

use super::function::Configuration;
use super::refused;
use crate::Emulator;
use crate::error::AwsError;
use crate::kernel::others::OtherServices;
use crate::registry::Neighbours;
use crate::request::Principal;
use crate::services::{iam, logs};

/// Lifetime of a process's credentials, which exceeds that of the process.
const SESSION: Duration = Duration::from_secs(12 * 3600);

/// Returns an error for a role that Lambda cannot assume (yet).
pub(crate) fn usable_role(others: &dyn OtherServices, arn: &str, now: OffsetDateTime) -> Result<(), AwsError> {
    if others.role_is_usable(arn, "lambda.amazonaws.com", now) {
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
    let (context, outside) = (emulator.request_context(), emulator.outside());
    let principal =
        Principal::Role { role: configuration.role.rsplit('/').next().unwrap_or_default().to_owned(), session: String::new() };
    let place = (configuration.logging.group.as_str(), stream);
    let kept: Result<bool, AwsError> = emulator
        .change(|world| {
            let mut logs = world.logs.clone();
            let others = Neighbours::new(world, &context, &outside);
            let may = |action: &str, resource: &str| others.allows(&principal, action, resource);
            let kept = logs::append(&mut logs, &context, place, lines.iter().cloned(), may);
            world.logs = logs;
            Ok(kept)
        })
        .await;
    if let Err(refusal) = kept {
        tracing::warn!("the log of {} is lost: {}", configuration.role, refusal.message);
    }
}
