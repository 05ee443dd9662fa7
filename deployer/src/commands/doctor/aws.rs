//! The connection to AWS: proxy and certificate authorities, credentials and account, Region, clock.

use std::sync::Arc;

use aws_config::{BehaviorVersion, SdkConfig};
use deployer_aws::caller_account;

use super::Finding;
use crate::failure::Failure;
use crate::network::{self, ServerClock};
use crate::runtime::{OsRandom, RealClock, aws_configuration, first_call_failed};

/// Difference from which signed requests are refused: five minutes (IAM user guide, "AWS Signature Version 4 for API requests", Date).
const MAX_SKEW: time::Duration = time::Duration::minutes(5);
/// Difference from which the clock is worth a look.
const NOTABLE_SKEW: time::Duration = time::Duration::seconds(30);

/// Checks the variables that determine how AWS is reached. Shows no password of a proxy.
pub(super) fn network() -> Vec<Finding> {
    let mut findings = Vec::new();
    findings.push(match network::proxy() {
        Some((variable, url)) => Finding::ok("proxy", format!("{url} ({variable})")),
        None => Finding::ok("proxy", "none"),
    });
    if let Err(failure) = network::client() {
        findings.push(Finding::fail("authorities", failure));
    } else if std::env::var_os("AWS_CA_BUNDLE").is_some_and(|path| !path.is_empty()) {
        findings.push(Finding::ok("authorities", "those of AWS_CA_BUNDLE"));
    }
    match network::check_endpoints() {
        Err(failure) => findings.push(Finding::fail("endpoint", failure)),
        Ok(()) => {
            if let Ok(url) = std::env::var("AWS_ENDPOINT_URL") {
                let help = "unset AWS_ENDPOINT_URL to reach AWS";
                findings.push(Finding::warn(
                    "endpoint",
                    format!("calls go to {}, not to AWS", network::without_credentials(&url)),
                    help,
                ));
            }
        }
    }
    findings
}

/// Checks the credentials that are found without a spec.
pub(super) async fn any_credentials() -> Vec<Finding> {
    let clock = ServerClock::default();
    let Ok(client) = network::client() else { return Vec::new() };
    let sdk = aws_config::defaults(BehaviorVersion::latest()).http_client(clock.watching(client)).load().await;
    if sdk.region().is_none() {
        return vec![Finding::warn(
            "credentials",
            "not checked: no Region is configured",
            "name an environment with --env, or set AWS_REGION",
        )];
    }
    identity(&sdk, None, &clock).await
}

/// Checks the credentials, the account and the Region of an environment, and the clock.
pub(super) async fn credentials(aws: &deployer_spec::Aws) -> Vec<Finding> {
    let clock = ServerClock::default();
    // The failure is reported with the certificate authorities.
    let Ok(client) = network::client() else { return Vec::new() };
    let sdk = aws_configuration(aws, clock.watching(client)).await;
    identity(&sdk, Some(aws.account.as_str()), &clock).await
}

async fn identity(sdk: &SdkConfig, account: Option<&str>, clock: &ServerClock) -> Vec<Finding> {
    let called = caller_account(sdk, Arc::new(RealClock), Arc::new(OsRandom)).await;
    let region = sdk.region().map(ToString::to_string).unwrap_or_default();
    let mut findings = Vec::new();
    match called {
        Ok(identity) => {
            findings.push(match account {
                Some(wanted) if wanted != identity.account => {
                    let message =
                        format!("they are of account {} ({}), the spec is for {wanted}", identity.account, identity.arn);
                    let help = "use the credentials of that account, or correct `provider.aws.account`";
                    Finding::fail("credentials", Failure::refused(message).help(help))
                }
                _ => Finding::ok("credentials", format!("{} in account {}", identity.arn, identity.account)),
            });
            // STS in a Region that is not enabled for the account refuses (IAM user guide, "Manage AWS STS in an AWS Region"; with which
            // error is unverified).
            findings.push(Finding::ok("region", format!("STS responds in {region}, so that it is enabled")));
        }
        Err(error) => {
            findings.push(Finding::fail("credentials", first_call_failed(&error)));
        }
    }
    findings.extend(clock.ahead().map(skew));
    findings
}

/// Judges by how much the server's clock is ahead of this machine's.
fn skew(ahead: time::Duration) -> Finding {
    let (seconds, side) = (ahead.whole_seconds().abs(), if ahead.is_negative() { "ahead of" } else { "behind" });
    let help = "synchronize this machine's clock, for example with `timedatectl set-ntp true`";
    let message = format!("this machine is {seconds} s {side} AWS");
    match ahead.abs() {
        skew if skew >= MAX_SKEW => {
            Finding::fail("clock", Failure::new(format!("{message}, which refuses requests from 5 min")).help(help))
        }
        skew if skew >= NOTABLE_SKEW => Finding::warn("clock", message, help),
        _ => Finding::ok("clock", message),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Level;
    use super::*;

    #[test]
    fn clock_is_judged_by_its_distance() {
        for (seconds, level) in
            [(0, Level::Ok), (-29, Level::Ok), (30, Level::Warn), (-299, Level::Warn), (300, Level::Fail), (-9_000, Level::Fail)]
        {
            assert_eq!(skew(time::Duration::seconds(seconds)).level, level, "{seconds}");
        }
        assert_eq!(skew(time::Duration::seconds(-7)).message, "this machine is 7 s ahead of AWS");
    }
}
