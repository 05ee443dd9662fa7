//! Causes of a call that got no response from its service: network, endpoint, credentials, clock. Each cause has its own help text.
//!
//! The texts are those of hyper, hyper-util's tunnels, rustls and the SDK's credentials providers; none of them has a nameable type for the
//! cause. Codes: "Common errors" in the services' API references, and the SDK's own list of clock errors.

use std::time::Duration;

use time::OffsetDateTime;

use crate::errors::{CallFailure, FailureKind};

/// A cause that does not depend on the operation called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ClientProblem {
    /// No connection: the name does not resolve, nothing listens, or a firewall drops the packets.
    Unreachable,
    /// The proxy refused to connect to the service.
    Proxy,
    /// The server's certificate is not trusted.
    Certificate,
    /// The address of the service is not a URL.
    Endpoint,
    /// The responding server does not speak AWS's protocol.
    NotAws,
    /// There are no credentials.
    NoCredentials,
    /// The profile does not exist or is incomplete.
    Profile,
    /// The profile is of an unsupported kind.
    ProfileKind,
    /// The credentials, or the session that provides them, have expired.
    Expired,
    /// AWS does not know the access key.
    UnknownKey,
    /// The signature was computed with another secret key.
    SecretKey,
    /// The signature was computed for another time.
    Clock,
}

impl ClientProblem {
    /// Returns the help text.
    pub(crate) fn help(self) -> &'static str {
        match self {
            Self::Unreachable => {
                "check the network, the region, AWS_ENDPOINT_URL, and the proxy if there must be one (HTTPS_PROXY, NO_PROXY)"
            }
            Self::Proxy => {
                "check the proxy that HTTPS_PROXY or HTTP_PROXY names, with its user and password, or list the host in NO_PROXY"
            }
            Self::Certificate => {
                "set AWS_CA_BUNDLE to a PEM file with the certificate authority of the proxy or endpoint, or correct this machine's clock"
            }
            Self::Endpoint => "write AWS_ENDPOINT_URL as a URL such as http://127.0.0.1:4566, or unset it",
            Self::NotAws => "check AWS_ENDPOINT_URL and the proxy: something other than AWS answered",
            Self::NoCredentials => {
                "give credentials: `aws login`, `aws sso login`, AWS_PROFILE, or the environment variables AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
            }
            Self::Profile => {
                "list the profiles with `aws configure list-profiles`, and correct AWS_PROFILE or `provider.aws.profile`"
            }
            Self::ProfileKind => "choose a profile with keys, a role, `aws login`, SSO or a credential process",
            Self::Expired => {
                "renew the credentials: `aws login`, `aws sso login`, or new values for the environment variables AWS_*"
            }
            Self::UnknownKey => {
                "check AWS_ACCESS_KEY_ID: the key was deleted, is of another partition, or lacks its AWS_SESSION_TOKEN"
            }
            Self::SecretKey => "check AWS_SECRET_ACCESS_KEY: it does not belong to the access key",
            Self::Clock => "correct this machine's clock: AWS refuses signatures that are more than five minutes off",
        }
    }

    /// Returns the cause of a failure if it is one of these.
    pub(crate) fn of(fault: &CallFailure) -> Option<Self> {
        let says = |parts: &[&str]| parts.iter().any(|part| fault.message.contains(part));
        match fault.kind {
            FailureKind::NotSent | FailureKind::NoAnswer
                if says(&["tunnel error", "proxy authorization required", "proxy authentication"]) =>
            {
                Some(Self::Proxy)
            }
            FailureKind::NotSent if says(&["invalid peer certificate", "UnknownIssuer"]) => Some(Self::Certificate),
            FailureKind::NotSent | FailureKind::Unbuildable
                if says(&["invalid URI", "invalid uri", "URL is missing", "scheme is not http"]) =>
            {
                Some(Self::Endpoint)
            }
            FailureKind::NotSent => Some(Self::Unreachable),
            FailureKind::NoCredentials if says(&["was not defined"]) => Some(Self::Profile),
            FailureKind::NoCredentials if says(&["cargo feature"]) => Some(Self::ProfileKind),
            FailureKind::NoCredentials
                if says(&["expired", "Expired", "cached SSO token", "cached Login token", "UnauthorizedException"]) =>
            {
                Some(Self::Expired)
            }
            FailureKind::NoCredentials => Some(Self::NoCredentials),
            FailureKind::Refused => refused(fault),
            FailureKind::NoAnswer if fault.status.is_some() => Some(Self::NotAws),
            FailureKind::Unbuildable | FailureKind::NoAnswer => None,
        }
    }
}

fn refused(fault: &CallFailure) -> Option<ClientProblem> {
    let late =
        ["Signature expired", "Signature not yet current", "Request has expired", "is now earlier than", "is still later than"];
    match fault.code.as_deref() {
        Some("ExpiredToken" | "ExpiredTokenException" | "TokenRefreshRequired") => Some(ClientProblem::Expired),
        Some("RequestTimeTooSkewed" | "RequestExpired" | "RequestInTheFuture") => Some(ClientProblem::Clock),
        Some("SignatureDoesNotMatch" | "InvalidSignatureException" | "InvalidSignature") => {
            let clock = late.iter().any(|text| fault.message.contains(text));
            Some(if clock { ClientProblem::Clock } else { ClientProblem::SecretKey })
        }
        Some("UnrecognizedClientException" | "InvalidClientTokenId" | "InvalidAccessKeyId" | "InvalidToken" | "AuthFailure") => {
            Some(ClientProblem::UnknownKey)
        }
        Some("MissingAuthenticationToken" | "MissingAuthenticationTokenException") => Some(ClientProblem::NoCredentials),
        // RFC 9110, 15.5.8; no AWS service returns it.
        None if fault.status == Some(407) => Some(ClientProblem::Proxy),
        None if fault.is_page => Some(ClientProblem::NotAws),
        _ => None,
    }
}

/// Clock difference above which the SDK attributes such an error to the clock (aws-runtime, `service_clock_skew.rs`).
const SKEWED: Duration = Duration::from_secs(4 * 60);
/// Error codes that services return for a signature of another time (same source).
const CLOCK_CODES: [&str; 6] = [
    "InvalidSignatureException",
    "SignatureDoesNotMatch",
    "AuthFailure",
    "RequestTimeTooSkewed",
    "AccessDenied",
    "AccessDeniedException",
];

/// Whether a second call can succeed because the SDK learned AWS's time from this response: a client signs its later calls by the
/// difference to the last `Date` it received. `now` is this machine's time.
pub(crate) fn corrects_clock(fault: &CallFailure, now: OffsetDateTime) -> bool {
    let skewed = fault.date.is_some_and(|date| (date - now).unsigned_abs() > SKEWED);
    skewed && fault.code.as_deref().is_some_and(|code| CLOCK_CODES.contains(&code))
}
