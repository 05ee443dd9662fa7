//! ImportCertificate: imports a new certificate, or another one under the same ARN.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::State;
use super::x509::{CertInfo, parse_bundle};
use super::{Certificate, required_arn, tags};
use crate::error::AwsError;
use crate::request::{self, Request};
use crate::response::Response;

/// Maximum number of imported certificates (ACM user guide, "Quotas").
const QUOTA: usize = 2500;

pub(super) fn import(state: &mut State, call: &Request) -> Result<Response, AwsError> {
    let arn = request::string(&call.input, "CertificateArn")?.map(|_| required_arn(&call.input)).transpose()?;
    let body = blob(&call.input, "Certificate")?.unwrap_or_default();
    let key = blob(&call.input, "PrivateKey")?.unwrap_or_default();
    let chain = blob(&call.input, "CertificateChain")?;
    let tags = tags::given(&call.input)?;
    let now = call.context.now;
    if arn.is_some() && !tags.is_empty() {
        // API reference, ImportCertificate: "You cannot apply tags when reimporting a certificate". Text unverified.
        return Err(AwsError::new(400, "ValidationException", "Tagging is not permitted on re-import."));
    }
    if let Some(arn) = &arn {
        state.existing(arn)?;
    } else if state.certificates.len() >= QUOTA {
        // Text unverified.
        let message = format!("Cannot import more than {QUOTA} certificates.");
        return Err(AwsError::new(400, "LimitExceededException", message));
    }
    let new = parse_bundle(&body, &key, chain.as_deref(), now)?;
    let arn = if let Some(arn) = arn {
        let old = state.existing(&arn)?;
        if old.requested.is_some() {
            // API reference, ImportCertificate: only an imported certificate can be replaced so. Text unverified.
            return Err(AwsError::new(400, "ValidationException", "Only an imported certificate can be imported again."));
        }
        check_reimport(&old.facts, &new.facts)?;
        *old = Certificate {
            body: new.body,
            chain: new.chain,
            private_key: new.private_key,
            facts: new.facts,
            imported: now,
            ..old.clone()
        };
        arn
    } else {
        let arn = format!("arn:aws:acm:{}:{}:certificate/{}", call.context.region, call.context.account, call.context.uuid());
        let certificate = Certificate {
            arn: arn.clone(),
            body: new.body,
            chain: new.chain,
            private_key: new.private_key,
            facts: new.facts,
            created: now,
            imported: now,
            requested: None,
            tags,
        };
        state.certificates.insert(arn.clone(), certificate);
        arn
    };
    Ok(Response::json(json!({"CertificateArn": arn})))
}

/// Checks what a re-import must preserve: the key's type and size, key usages, and extended key usages except client authentication (ACM
/// user guide, "Reimport a certificate"). Texts unverified.
fn check_reimport(old: &CertInfo, new: &CertInfo) -> Result<(), AwsError> {
    let refused = |what: &str| {
        Err(AwsError::new(400, "ValidationException", format!("{what} of the certificate must not change on re-import.")))
    };
    if old.key_algorithm != new.key_algorithm {
        return refused("The key type or size");
    }
    if old.key_usages.iter().any(|usage| !new.key_usages.contains(usage)) {
        return refused("The key usages");
    }
    let kept = |usage: &(String, String)| usage.0 == "TLS_WEB_CLIENT_AUTHENTICATION" || new.extended_key_usages.contains(usage);
    if !old.extended_key_usages.iter().all(kept) {
        return refused("The extended key usages");
    }
    Ok(())
}

fn blob(input: &Value, name: &str) -> Result<Option<Vec<u8>>, AwsError> {
    let decode = |text| STANDARD.decode(text).map_err(|_| AwsError::serialization(name, "base64"));
    request::string(input, name)?.map(decode).transpose()
}
