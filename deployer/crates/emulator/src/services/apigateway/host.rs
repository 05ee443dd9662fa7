//! What deployed APIs need of their account and Region.

use bytes::Bytes;
use http::request::Parts;

use super::State;
use super::usage::Usage;
use crate::error::AwsError;
use crate::kernel::host::Functions;
use crate::request::Principal;
use crate::shared::Shared;

/// The account and Region of APIs.
pub(crate) trait Host: Functions {
    /// Returns APIs and domains as committed.
    fn apis(&self) -> Shared<State>;

    /// Returns the usage counts of API keys.
    fn usage(&self) -> &Usage;

    /// Returns the PEM of a certificate with its chain and of its key.
    fn certificate_pem(&self, arn: &str) -> Option<(String, String)>;

    /// Returns the principal of an access key and a session token.
    fn principal(&self, access_key: &str, token: Option<&str>) -> Result<Principal, AwsError>;

    /// Whether requests must be signed with a given key.
    fn requires_access_key(&self) -> bool;

    /// Verifies a request's signature by a key that was issued here.
    fn check_signature(&self, head: &Parts, body: &Bytes) -> Result<(), AwsError>;

    /// Whether the policies of a principal allow an action.
    fn allows(&self, principal: &Principal, action: &str, resource: &str) -> bool;
}
