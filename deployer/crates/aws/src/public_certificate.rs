//! The public part of a deployed certificate, for those who want to trust it.

use deployer_engine::{Error, Result};

use crate::errors;
use crate::provider::Provider;

/// The certificate with this ARN as PEM, with its chain if it has one; never a private key. One call, GetCertificate.
///
/// # Errors
/// `NotFound` when there is no such certificate.
pub async fn certificate_pem(provider: &Provider, arn: &str) -> Result<String> {
    let answer = provider.acm.get_certificate().certificate_arn(arn).send().await;
    let answer = answer.map_err(|error| errors::of_sdk("acm", "GetCertificate", &error))?;
    let certificate = answer.certificate.ok_or_else(|| Error::local(format!("ACM gave no certificate for {arn}")))?;
    Ok(match answer.certificate_chain {
        Some(chain) => format!("{}\n{chain}", certificate.trim_end()),
        None => certificate,
    })
}
