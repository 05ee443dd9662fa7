//! The target and the caller of a request to a deployed API.

use super::deployment::Snapshot;
use super::stage::Stage;
use crate::shared::Shared;

/// Status, kind and message of a response that API Gateway generates itself.
pub(crate) type Denied = (u16, &'static str, &'static str);

/// Target of a request, before the API's tree is searched.
pub(crate) struct RouteTarget {
    pub(crate) account: String,
    pub(crate) region: String,
    pub(crate) api: String,
    pub(crate) deployment: String,
    pub(crate) stage: Stage,
    pub(crate) snapshot: Shared<Snapshot>,
    /// Path below the mapping and the stage, still encoded.
    pub(crate) rest: String,
}

/// Caller of a request, as far as its method requires one.
#[derive(Debug, Default)]
pub(crate) struct Caller {
    /// Id and value of the API key.
    pub(crate) key: Option<(String, String)>,
    /// ARN of the signer.
    pub(crate) arn: Option<String>,
}
