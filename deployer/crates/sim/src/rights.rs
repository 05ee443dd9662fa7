//! The policies that `deployer policy` prints, for simulated specs.

use std::sync::Arc;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use deployer_aws::{Provider, Purpose, policy};
use serde_json::Value;

use crate::code::SimulatedArtifacts;
use crate::specs::{DesiredSpec, SpecEdits};
use crate::{ACCOUNT, REGION};

/// Returns the minimal policy for applying any of these specs over any other, or for planning to, with the state in `bucket`.
///
/// # Errors
/// Returns a description of an invalid spec.
pub fn deploy_policy(desired_specs: &[SpecEdits], bucket: &str, purpose: Purpose) -> Result<Value, String> {
    let wanted: Vec<_> = desired_specs.iter().map(SpecEdits::resolve).collect::<Result<_, _>>()?;
    policy_of(&wanted, bucket, purpose)
}

/// Returns the minimal policy for these stacks, as [`deploy_policy`] does for specs.
///
/// # Errors
/// Returns why a policy cannot be made.
pub fn policy_of(wanted: &[DesiredSpec], bucket: &str, purpose: Purpose) -> Result<Value, String> {
    let sdk = SdkConfig::builder().behavior_version(BehaviorVersion::latest()).region(Region::new(REGION)).build();
    let provider = Provider::new(sdk, ACCOUNT.to_owned(), REGION.to_owned(), Arc::new(SimulatedArtifacts));
    policy(provider, wanted.iter().map(|wanted| &wanted.graph), Some(bucket), purpose).map_err(|error| error.to_string())
}
