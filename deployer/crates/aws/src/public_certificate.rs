//! The public part of a deployed certificate, for clients that are to trust it.

use std::sync::Arc;

use deployer_engine::{Address, Clock, Error, Random, Result};

use crate::call::Operation;
use crate::provider::{Provider, read_only_context};

/// Returns the certificate with this ARN as PEM, with its chain if it has one; never a private key. Makes one call, GetCertificate.
///
/// # Errors
/// `NotFound` when there is no such certificate.
pub async fn certificate_pem(provider: &Provider, arn: &str, clock: Arc<dyn Clock>, entropy: Arc<dyn Random>) -> Result<String> {
    let cx = read_only_context(Address::new("certificate", "public"), clock, entropy);
    let op = Operation::read("acm", "GetCertificate");
    let answer = provider.call(&cx, op, || provider.acm.get_certificate().certificate_arn(arn).send()).await?;
    let certificate = answer.certificate.ok_or_else(|| Error::local(format!("ACM gave no certificate for {arn}")))?;
    Ok(match answer.certificate_chain {
        Some(chain) => format!("{}\n{chain}", certificate.trim_end()),
        None => certificate,
    })
}
