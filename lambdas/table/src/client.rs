//! The DynamoDB client, configured from the environment alone.
//!
//! Lambda provides region and credentials as variables, so no other source is used: nothing is read from files or the network
//! before the first event.

use std::env;
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::config::{Builder, Credentials, Region};
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use aws_smithy_runtime_api::client::http::SharedHttpClient;

/// Creates the client for the region in Lambda's environment and, if `AWS_ENDPOINT_URL` (or `AWS_ENDPOINT_URL_DYNAMODB`) is
/// set, for that endpoint.
///
/// # Errors
/// Fails if neither `AWS_REGION` nor `AWS_DEFAULT_REGION` is set.
pub(crate) fn from_environment(timeout: Duration) -> Result<Client, String> {
    let region = variable("AWS_REGION").or_else(|| variable("AWS_DEFAULT_REGION"));
    let region = region.ok_or("AWS_REGION is not set; Lambda sets it, elsewhere set it yourself")?;
    let endpoint = variable("AWS_ENDPOINT_URL_DYNAMODB").or_else(|| variable("AWS_ENDPOINT_URL"));
    let mut config = settings(timeout).region(Region::new(region)).http_client(http_client(endpoint.as_deref()));
    config.set_endpoint_url(endpoint);
    if let Some(credentials) = credentials() {
        config = config.credentials_provider(credentials);
    }
    Ok(Client::from_conf(config.build()))
}

/// Returns the credentials that Lambda sets when it starts the process; they do not change during its lifetime (Lambda
/// developer guide, defined runtime environment variables). Without them each call fails by itself.
fn credentials() -> Option<Credentials> {
    let (key, secret) = (variable("AWS_ACCESS_KEY_ID")?, variable("AWS_SECRET_ACCESS_KEY")?);
    Some(Credentials::new(key, secret, variable("AWS_SESSION_TOKEN"), None, "environment"))
}

/// Returns timeouts and retries: two attempts, each with a new connection, fit into the whole.
pub(crate) fn settings(timeout: Duration) -> Builder {
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(timeout.mul_f64(0.25))
        .operation_attempt_timeout(timeout.mul_f64(0.4))
        .operation_timeout(timeout);
    let retries = RetryConfig::standard().with_max_attempts(3).with_initial_backoff(Duration::from_millis(50));
    Builder::new().behavior_version_latest().timeout_config(timeouts.build()).retry_config(retries)
}

/// Returns an HTTP client. For a plain endpoint it has no TLS, which saves reading the root certificates.
fn http_client(endpoint: Option<&str>) -> SharedHttpClient {
    let builder = aws_smithy_http_client::Builder::new();
    match endpoint {
        Some(url) if url.starts_with("http://") => builder.build_http(),
        _ => builder.tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https(),
    }
}

/// Returns an environment variable that is set and not empty.
pub(crate) fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_attempts_fit_into_the_timeout() {
        for timeout in [Duration::from_millis(3_500), Duration::from_secs(5)] {
            let timeouts = settings(timeout).build().timeout_config().cloned().expect("set above");
            assert_eq!(timeouts.operation_timeout(), Some(timeout));
            let attempt = timeouts.operation_attempt_timeout().expect("set above");
            assert!(attempt * 2 < timeout && timeouts.connect_timeout().is_some_and(|connect| connect < attempt));
        }
    }
}
