//! Failures of calls that a command makes by itself, with the SDK's own retries.

use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::display::DisplayErrorContext;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use crate::failure::Failure;

/// Returns the failure of a call: its operation, such as `logs:FilterLogEvents`, AWS's code and message, and if it was denied what to do.
pub(crate) fn sdk_failure<E, R>(operation: &str, error: &SdkError<E, R>) -> Failure
where
    E: std::error::Error + ProvideErrorMetadata + 'static,
    R: std::fmt::Debug + 'static,
{
    let call = operation.split_once(':').map_or(operation, |(_, call)| call);
    let Some(code) = error.as_service_error().and_then(ProvideErrorMetadata::code) else {
        return Failure::new(format!("{call}: {}", DisplayErrorContext(error)));
    };
    let message = error.as_service_error().and_then(ProvideErrorMetadata::message).unwrap_or("no message");
    let failure = Failure::new(format!("{call}: {code}: {message}"));
    match code {
        "AccessDeniedException" | "AccessDenied" => failure.help(format!(
            "allow {operation} for these credentials; `deployer policy` does not print it, because apply does not need it"
        )),
        _ => failure,
    }
}
