//! Amazon Web Services as a provider for the engine: one file per resource type, over the AWS SDK.
//!
//! A resource file only translates between properties and calls. Shared code lives in one place: `operation` (operations and their IAM
//! actions), `errors`, `client_problem` and `error_table` (failures and their classification), `rate_limit` (published rates), `call` (rate
//! limiting, attempts, retries), `wait` (polling until a resource is usable or gone), `tags` (ownership). `registry` knows all types.

#![allow(clippy::result_large_err, reason = "a failed call is rare and its error holds all that a person needs")]

mod call;
mod caller;
mod certificate_files;
mod client_problem;
mod error_table;
mod errors;
mod existing;
mod integer;
mod openapi;
mod operation;
mod permissions;
#[cfg(test)]
mod permissions_tests;
mod policy;
mod policy_json;
mod provider;
mod public_certificate;
mod rate_limit;
mod raw_json;
mod registry;
pub mod resources;
mod rsa_key;
mod secrets;
mod self_signed;
mod state_bucket;
mod table_item;
mod tags;
mod wait;

pub use caller::{Identity, caller_account};
pub use certificate_files::{CertificateContents, CertificateFiles, check_certificate_files};
pub use existing::{InstanceLookup, look_up_instance};
pub use permissions::{MAX_ATTACHED_POLICIES, MAX_INLINE_POLICY_CHARS, MAX_MANAGED_POLICY_CHARS, Purpose};
pub use policy::{boundary, policy, policy_size, split_policy};
pub use provider::{Artifacts, Provider};
pub use public_certificate::certificate_pem;
pub use rate_limit::RateLimiting;
pub use registry::registry;
pub use rsa_key::{RsaKeys, generate_rsa_key};
pub use secrets::Secrets;
pub use state_bucket::{StateBucket, StateBucketConfig};
pub use table_item::delete_item;
pub use zeroize::Zeroizing;
