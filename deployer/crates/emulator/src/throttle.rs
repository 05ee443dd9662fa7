//! Request rates: AWS's published rates as token buckets, one set for each account and Region.
//!
//! Where AWS publishes a rate without a burst, the burst is one second's worth. The deployer limits its own rate by a separate table, so
//! that a mistake in one of them shows.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use time::OffsetDateTime;

use crate::error::AwsError;
use crate::kernel::row::Rate;
use crate::request::{Request, Service};

/// Name of the bucket that all operations of a service share.
const SHARED: &str = "*";

/// Returns the buckets that a request draws from: its operation's own and its service's shared one.
fn rates(call: &Request) -> Vec<(&'static str, Rate)> {
    let own = call.row.rate.or(call.service.default_rate).map(|rate| (call.operation(), rate));
    let shared = call.service.shared_rate.filter(|_| call.row.shares_rate).map(|rate| (SHARED, rate));
    own.into_iter().chain(shared).collect()
}

/// Fill levels of the buckets.
#[derive(Default)]
pub(crate) struct TokenBuckets(Mutex<BTreeMap<(Service, &'static str), OffsetDateTime>>);

impl TokenBuckets {
    /// Takes a request from its buckets, or rejects it as throttled and takes nothing. `speed` shortens durations, as everywhere.
    pub(crate) fn take(&self, call: &Request, now: OffsetDateTime, speed: f64) -> Result<(), AwsError> {
        let mut next = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let rows = rates(call);
        let after = |name: &'static str, rate: Rate| {
            // The time at which the bucket will be full again; a request moves it by one interval.
            let full = next.get(&(call.service.id, name)).map_or(now, |full| (*full).max(now));
            let every = rate.every.div_f64(speed.max(f64::MIN_POSITIVE));
            (full - now <= every * (rate.burst - 1)).then(|| full + every)
        };
        let taken: Option<Vec<_>> = rows.iter().map(|(name, rate)| Some((*name, after(name, *rate)?))).collect();
        for (name, full) in taken.ok_or_else(call.service.throttled)? {
            next.insert((call.service.id, name), full);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use time::macros::datetime;

    use super::*;
    use crate::registry;

    fn call(service: Service, operation: &'static str) -> Request {
        registry::sample(service, operation, serde_json::Value::Null)
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
