//! Amazon Web Services behind the engine's contract: one file per resource type, over the AWS SDK.
//!
//! A resource file translates between properties and calls, and nothing else. What every call shares lives once:
//! `call` (pacing, attempt, retry), `errors`, `outcomes` and `causes` (what an answer means, why there is none), `pace` (published rates),
//! `wait` (until something is usable or gone), `tags` (whose it is).

#![allow(clippy::result_large_err, reason = "a failed call is rare and its error holds all that a person needs")]

mod call;
mod causes;
mod policy_json;
mod errors;
mod openapi;
mod error_table;
mod rate_limit;
mod provider;
mod public_certificate;
pub mod resources;
mod permissions;
#[cfg(test)]
mod rights_tests;
mod rsa_key;
mod secrets;
mod self_signed;
mod state_bucket;
mod table_item;
mod tags;
mod wait;

pub use rate_limit::RateLimiting;
pub use provider::{Artifacts, Identity, Provider, caller_account, registry};
pub use public_certificate::certificate_pem;
pub use permissions::{ATTACHED_POLICIES, INLINE_POLICIES, MANAGED_POLICY, Purpose, boundary, policy, policy_size, split_policy};
pub use rsa_key::{RsaKeys, generate_rsa_key};
pub use secrets::Secrets;
pub use state_bucket::{StateBucket, StateBucketConfig};
pub use table_item::delete_item;
pub use zeroize::Zeroizing;
