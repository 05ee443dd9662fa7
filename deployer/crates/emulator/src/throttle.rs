//! Request rates: AWS's published rates as token buckets, one set for each account and Region.
//!
//! Where AWS publishes a rate without a burst, the burst is one second's worth. The deployer limits its own rate by a separate table, so
//! that a mistake in one of them shows.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use time::OffsetDateTime;

use crate::error::AwsError;
use crate::request::{Request, Service};

/// A bucket: one request for each `every`, and `burst` at once when it is full.
#[derive(Debug, Clone, Copy)]
struct Rate {
    every: Duration,
    burst: u32,
}

const fn per_second(calls: u32, burst: u32) -> Rate {
    Rate { every: Duration::from_micros(1_000_000 / calls as u64), burst }
}

const fn one_in(seconds: u64) -> Rate {
    Rate { every: Duration::from_secs(seconds), burst: 1 }
}

/// Name of the bucket that all operations of a service share.
const SHARED: &str = "*";

/// Rows of (service, operation or `*`, rate); an operation draws from its own row and from its service's shared one.
#[rustfmt::skip]
const ROWS: &[(Service, &str, Rate)] = &[
    // API Gateway guide, "Quotas and important notes": per account, cannot be increased.
    (Service::ApiGateway, SHARED, per_second(10, 40)),
    (Service::ApiGateway, "CreateRestApi", one_in(3)),
    (Service::ApiGateway, "ImportRestApi", one_in(3)),
    (Service::ApiGateway, "DeleteRestApi", one_in(30)),
    (Service::ApiGateway, "PutRestApi", one_in(1)),
    (Service::ApiGateway, "CreateDeployment", one_in(5)),
    (Service::ApiGateway, "CreateDomainName", one_in(30)),
    (Service::ApiGateway, "UpdateDomainName", one_in(30)),
    (Service::ApiGateway, "DeleteDomainName", one_in(30)),
    (Service::ApiGateway, "CreateResource", per_second(5, 5)),
    (Service::ApiGateway, "DeleteResource", per_second(5, 5)),
    (Service::ApiGateway, "GetResources", Rate { every: Duration::from_millis(400), burst: 5 }),
    // ACM user guide, "Quotas": API request rates.
    (Service::Acm, "ImportCertificate", one_in(1)),
    (Service::Acm, "ListCertificates", one_in(1)),
    (Service::Acm, "AddTagsToCertificate", per_second(5, 5)),
    (Service::Acm, "RemoveTagsFromCertificate", per_second(5, 5)),
    (Service::Acm, "DeleteCertificate", per_second(10, 10)),
    (Service::Acm, "DescribeCertificate", per_second(10, 10)),
    (Service::Acm, "GetCertificate", per_second(10, 10)),
    (Service::Acm, "ListTagsForCertificate", per_second(10, 10)),
    // API reference, TagResource of DynamoDB.
    (Service::DynamoDb, "TagResource", per_second(5, 5)),
    (Service::DynamoDb, "UntagResource", per_second(5, 5)),
    (Service::DynamoDb, "ListTagsOfResource", per_second(10, 10)),
    // Unpublished; a rate at which others have been throttled (unverified).
    (Service::Iam, SHARED, per_second(10, 20)),
    // Unpublished (unverified).
    (Service::Logs, "CreateLogGroup", per_second(10, 10)),
    (Service::Logs, "DeleteLogGroup", per_second(10, 10)),
    (Service::Logs, "PutRetentionPolicy", per_second(10, 10)),
    (Service::Logs, "DescribeLogGroups", per_second(10, 10)),
    // Lambda guide, "Lambda quotas": control plane requests.
    (Service::Lambda, "GetFunction", per_second(100, 100)),
    (Service::Lambda, "GetPolicy", per_second(15, 15)),
    (Service::Lambda, SHARED, per_second(15, 15)),
    // Tag Editor guide.
    (Service::Tagging, "GetResources", per_second(15, 15)),
    // Connect administrator guide, "Service quotas": instances 0.1 a second, some reads 10, the rest 2 with a burst of 5.
    (Service::Connect, "CreateInstance", one_in(10)),
    (Service::Connect, "DeleteInstance", one_in(10)),
];

/// Connect's reads that are allowed 10 requests a second (administrator guide, "Service quotas").
const TEN_A_SECOND: [&str; 10] = [
    "DescribeUser",
    "ListUsers",
    "ListRoutingProfiles",
    "DescribeRoutingProfile",
    "ListQueues",
    "DescribeQueue",
    "ListHoursOfOperations",
    "DescribeHoursOfOperation",
    "ListPrompts",
    "DescribePrompt",
];

fn rows(call: &Request) -> Vec<(&'static str, Rate)> {
    let (service, operation) = (call.service, call.operation);
    let own = ROWS.iter().find(|(of, name, _)| *of == service && *name == operation).map(|(_, name, rate)| (*name, *rate));
    let own = own.or_else(|| match service {
        Service::Connect if TEN_A_SECOND.contains(&operation) => Some((operation, per_second(10, 10))),
        Service::Connect => Some((operation, per_second(2, 5))),
        _ => None,
    });
    // The rows of GetFunction and GetPolicy are independent of Lambda's shared one, and invocations have limits of their own.
    let apart = service == Service::Lambda && (own.is_some() || operation == "Invoke");
    let shared = ROWS.iter().find(|(of, name, _)| *of == service && *name == SHARED && !apart);
    own.into_iter().chain(shared.map(|(_, name, rate)| (*name, *rate))).collect()
}

/// Fill levels of the buckets.
#[derive(Default)]
pub(crate) struct TokenBuckets(Mutex<BTreeMap<(Service, &'static str), OffsetDateTime>>);

impl TokenBuckets {
    /// Takes a request from its buckets, or rejects it as throttled and takes nothing. `speed` shortens durations, as everywhere.
    pub(crate) fn take(&self, call: &Request, now: OffsetDateTime, speed: f64) -> Result<(), AwsError> {
        let mut next = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let rows = rows(call);
        let after = |name: &'static str, rate: Rate| {
            // The time at which the bucket will be full again; a request moves it by one interval.
            let full = next.get(&(call.service, name)).map_or(now, |full| (*full).max(now));
            let every = rate.every.div_f64(speed.max(f64::MIN_POSITIVE));
            (full - now <= every * (rate.burst - 1)).then(|| full + every)
        };
        let taken: Option<Vec<_>> = rows.iter().map(|(name, rate)| Some((*name, after(name, *rate)?))).collect();
        for (name, full) in taken.ok_or_else(|| throttled(call.service))? {
            next.insert((call.service, name), full);
        }
        Ok(())
    }
}

/// Returns the service's throttling error (botocore models; texts of all but API Gateway's and IAM's unverified).
fn throttled(service: Service) -> AwsError {
    match service {
        Service::ApiGateway => AwsError::new(429, "TooManyRequestsException", "Too Many Requests"),
        Service::Lambda => {
            AwsError::new(429, "TooManyRequestsException", "Rate exceeded").with("Reason", "CallerRateLimitExceeded")
        }
        Service::Iam | Service::Sts => AwsError::new(400, "Throttling", "Rate exceeded"),
        Service::Connect => AwsError::new(429, "ThrottlingException", "Rate exceeded"),
        Service::Tagging => AwsError::new(400, "ThrottledException", "Rate exceeded"),
        Service::S3 => AwsError::new(503, "SlowDown", "Please reduce your request rate."),
        Service::Acm | Service::DynamoDb | Service::Logs => AwsError::new(400, "ThrottlingException", "Rate exceeded"),
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;
    use crate::request::Principal;

    fn call(service: Service, operation: &'static str) -> Request {
        Request {
            service,
            operation,
            principal: Principal::Account,
            path: BTreeMap::new(),
            uri_path: String::new(),
            source: None,
            query: Vec::new(),
            headers: http::HeaderMap::new(),
            input: serde_json::Value::Null,
            body: bytes::Bytes::new(),
        }
    }

    /// Returns how many requests of `seconds`, sent one each millisecond, are let through.
    fn passed(call: &Request, seconds: u64, speed: f64) -> usize {
        let (buckets, start) = (TokenBuckets::default(), datetime!(2026-11-23 10:00 UTC));
        (0..seconds * 1000).filter(|ms| buckets.take(call, start + Duration::from_millis(*ms), speed).is_ok()).count()
    }

    #[test]
    fn bucket_allows_burst_then_rate() {
        assert_eq!(passed(&call(Service::Connect, "CreateContactFlow"), 10, 1.0), 5 + 19);
        assert_eq!(passed(&call(Service::Connect, "CreateInstance"), 60, 1.0), 6);
        assert_eq!(passed(&call(Service::ApiGateway, "CreateRestApi"), 60, 1.0), 20);
        assert_eq!(passed(&call(Service::ApiGateway, "GetRestApi"), 10, 1.0), 40 + 99);
        assert_eq!(passed(&call(Service::ApiGateway, "CreateRestApi"), 6, 10.0), 20);
        assert_eq!(passed(&call(Service::S3, "PutObject"), 1, 1.0), 1000);
    }

    #[test]
    fn request_rejected_by_one_bucket_takes_nothing() {
        let (buckets, now) = (TokenBuckets::default(), datetime!(2026-11-23 10:00 UTC));
        let (create, get) = (call(Service::ApiGateway, "CreateRestApi"), call(Service::ApiGateway, "GetRestApi"));
        for _ in 0..1000 {
            let _ = buckets.take(&create, now, 1.0);
        }
        assert_eq!((0..100).filter(|_| buckets.take(&get, now, 1.0).is_ok()).count(), 39);
    }
}
