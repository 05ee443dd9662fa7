//! Client-side rate limiting at the management-plane rates that AWS publishes, so that throttling is the exception.
//!
//! Sources: "Amazon API Gateway quotas and important notes", "Amazon Connect service quotas", "Lambda quotas", "AWS Certificate Manager
//! quotas", API reference of DynamoDB TagResource. IAM and CloudWatch Logs publish none; theirs are cautious guesses.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use deployer_engine::Context;

use crate::operation::Operation;

/// The rate limiting of calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RateLimiting {
    /// Limits calls to the rates AWS publishes.
    #[default]
    Published,
    /// Does not limit calls: for the embedded AWS.
    Off,
}

/// One published rate: one call per `every`, after a burst of `burst` calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Rate {
    every: Duration,
    burst: u32,
}

const fn per_second(calls: u32, burst: u32) -> Rate {
    Rate { every: Duration::from_millis(1_000 / calls as u64), burst }
}

const fn one_per(seconds: u64) -> Rate {
    Rate { every: Duration::from_secs(seconds), burst: 1 }
}

/// Returns the buckets a call draws from: `(bucket's name, rate)`. The name `*` is the whole service's bucket.
fn buckets(op: Operation) -> Vec<(&'static str, Rate)> {
    let own = |rate| (op.name, rate);
    match (op.service, op.name) {
        ("apigateway", name) => {
            let shared = ("*", per_second(10, 40));
            let own = match name {
                "CreateRestApi" => Some(own(one_per(3))),
                "DeleteRestApi" | "CreateDomainName" | "UpdateDomainName" | "DeleteDomainName" => Some(own(one_per(30))),
                "PutRestApi" => Some(own(one_per(1))),
                "CreateDeployment" => Some(own(one_per(5))),
                "GetResources" => Some(own(Rate { every: Duration::from_millis(400), burst: 5 })),
                _ => None,
            };
            std::iter::once(shared).chain(own).collect()
        }
        ("connect", "CreateInstance" | "DeleteInstance") => vec![own(one_per(10))],
        (
            "connect",
            "DescribeUser"
            | "ListUsers"
            | "ListRoutingProfiles"
            | "DescribeRoutingProfile"
            | "ListQueues"
            | "DescribeQueue"
            | "ListHoursOfOperations"
            | "DescribeHoursOfOperation"
            | "ListPrompts"
            | "DescribePrompt",
        ) => vec![own(per_second(10, 10))],
        ("connect", _) => vec![own(per_second(2, 5))],
        ("lambda", "GetFunction") => vec![own(per_second(100, 100))],
        ("lambda", "GetPolicy") => vec![own(per_second(15, 15))],
        ("lambda", _) => vec![("*", per_second(15, 15))],
        ("acm", "ImportCertificate" | "ListCertificates") => vec![own(one_per(1))],
        ("acm", "AddTagsToCertificate" | "RemoveTagsFromCertificate") => vec![own(per_second(5, 5))],
        ("acm", _) => vec![own(per_second(10, 10))],
        // Five requests per second for all operations (Route 53 developer guide, "Quotas").
        ("route53", _) => vec![("*", per_second(5, 5))],
        ("dynamodb", "TagResource" | "UntagResource") => vec![own(per_second(5, 5))],
        ("dynamodb", "ListTagsOfResource") => vec![own(per_second(10, 10))],
        ("iam", _) => vec![("*", per_second(10, 20))],
        ("logs", _) => vec![own(per_second(5, 10))],
        _ => Vec::new(),
    }
}

/// A rate limiter, one per account and region, shared by all resources.
pub(crate) struct RateLimiter {
    pacing: RateLimiting,
    /// Time at which the bucket would be empty again if no further call came ("theoretical arrival time").
    next: Mutex<HashMap<(&'static str, &'static str), Duration>>,
}

/// Minimum length of a wait that is reported as progress.
const REPORT_THRESHOLD: Duration = Duration::from_secs(2);

impl RateLimiter {
    pub(crate) fn new(pacing: RateLimiting) -> Self {
        Self { pacing, next: Mutex::default() }
    }

    /// Waits until the call may be made; reserves its slot at once, so that calls proceed in the order they came.
    pub(crate) async fn acquire(&self, cx: &Context, op: Operation) {
        let wait = self.reserve(op, cx.clock.monotonic());
        if wait.is_zero() {
            return;
        }
        if wait >= REPORT_THRESHOLD {
            cx.progress(format!("waiting {} s: AWS limits how often {op} may be called", wait.as_secs()));
        }
        cx.clock.sleep(wait).await;
    }

    fn reserve(&self, op: Operation, now: Duration) -> Duration {
        if self.pacing == RateLimiting::Off {
            return Duration::ZERO;
        }
        let buckets = buckets(op);
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        let earliest = |(name, rate): &(&'static str, Rate)| {
            next.get(&(op.service, *name)).map_or(now, |at| at.saturating_sub(rate.every * (rate.burst - 1)))
        };
        let start = buckets.iter().map(earliest).fold(now, Duration::max);
        for (name, rate) in buckets {
            let at = next.entry((op.service, name)).or_insert(start);
            *at = (*at).max(start) + rate.every;
        }
        start.saturating_sub(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waits(pacer: &RateLimiter, op: Operation, calls: usize) -> Vec<Duration> {
        (0..calls).map(|_| pacer.reserve(op, Duration::ZERO)).collect()
    }

    #[test]
    fn calls_after_the_burst_follow_the_rate() {
        let waits = waits(&RateLimiter::new(RateLimiting::Published), Operation::read("connect", "DescribeContactFlow"), 8);
        let expected = [0, 0, 0, 0, 0, 500, 1_000, 1_500].map(Duration::from_millis);
        assert_eq!(waits, expected);
    }

    #[test]
    fn only_api_gateway_operations_share_a_bucket() {
        let pacer = RateLimiter::new(RateLimiting::Published);
        waits(&pacer, Operation::read("connect", "DescribeContactFlow"), 9);
        assert_eq!(waits(&pacer, Operation::read("connect", "ListContactFlows"), 1), [Duration::ZERO]);
        waits(&pacer, Operation::read("apigateway", "GetStage"), 40);
        assert_eq!(waits(&pacer, Operation::read("apigateway", "GetRestApi"), 1), [Duration::from_millis(100)]);
    }

    #[test]
    fn deleting_rest_apis_goes_once_in_thirty_seconds() {
        let waits = waits(&RateLimiter::new(RateLimiting::Published), Operation::idempotent("apigateway", "DeleteRestApi"), 3);
        assert_eq!(waits, [0, 30, 60].map(Duration::from_secs));
    }

    #[test]
    fn without_pacing_nothing_waits() {
        let waits = waits(&RateLimiter::new(RateLimiting::Off), Operation::idempotent("apigateway", "DeleteRestApi"), 9);
        assert!(waits.iter().all(Duration::is_zero));
    }
}
