//! Usage of API keys: throttling and quotas of plans.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use time::OffsetDateTime;

use super::plan::Plan;
use super::target::Denied;

/// Usage of each plan by each key; not persisted.
#[derive(Debug, Default)]
pub(crate) struct Usage(Mutex<HashMap<(String, String), Used>>);

#[derive(Debug, Clone, Copy)]
struct Used {
    /// Available burst requests.
    tokens: f64,
    at: OffsetDateTime,
    /// Current quota period and its request count.
    period: i64,
    calls: i64,
}

impl Usage {
    /// Counts one request.
    ///
    /// # Errors
    /// 429: too many requests per second, or in the period.
    pub(super) fn take(&self, plan: &Plan, key: &str, now: OffsetDateTime) -> Result<(), Denied> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let burst = plan.throttle.map_or(0.0, |limits| limits.burst as f64);
        let days = now.unix_timestamp().div_euclid(24 * 3600);
        // 1 January 1970 was a Thursday.
        let period = plan.quota.as_ref().map_or(0, |quota| match quota.period.as_str() {
            "DAY" => days,
            "WEEK" => (days + 4).div_euclid(7),
            _ => i64::from(now.year()) * 12 + i64::from(u8::from(now.month())),
        });
        let used = all.entry((plan.id.clone(), key.to_owned())).or_insert(Used { tokens: burst, at: now, period, calls: 0 });
        if used.period != period {
            (used.period, used.calls) = (period, 0);
        }
        if plan.quota.as_ref().is_some_and(|quota| used.calls >= quota.limit - quota.offset) {
            return Err((429, "LimitExceededException", "Limit Exceeded"));
        }
        if let Some(limits) = plan.throttle {
            let gained = (now - used.at).as_seconds_f64().max(0.0) * limits.rate;
            used.tokens = (used.tokens + gained).min(burst);
            used.at = now;
            if used.tokens < 1.0 {
                return Err((429, "TooManyRequestsException", "Too Many Requests"));
            }
            used.tokens -= 1.0;
        }
        used.calls += 1;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};
    use std::time::Duration;

    use time::macros::datetime;

    use super::super::plan::{Quota, Throttle};
    use super::*;

    fn plan(throttle: Option<Throttle>, quota: Option<Quota>) -> Plan {
        let (stages, keys, tags) = (BTreeSet::new(), BTreeSet::new(), BTreeMap::new());
        Plan { id: "p".into(), name: "p".into(), description: None, stages, throttle, quota, keys, tags }
    }

    #[test]
    fn keys_are_limited_by_rate_and_quota() {
        let now = datetime!(2026-11-23 23:59:50 UTC);
        let (usage, limits) = (Usage::default(), plan(Some(Throttle { rate: 2.0, burst: 3 }), None));
        let taken = |usage: &Usage, plan: &Plan, key: &str, now| (0..10).filter(|_| usage.take(plan, key, now).is_ok()).count();
        assert_eq!(taken(&usage, &limits, "one", now), 3);
        assert_eq!(taken(&usage, &limits, "another", now), 3, "each key has its own");
        assert_eq!(taken(&usage, &limits, "one", now + Duration::from_secs(1)), 2);
        let quota = |offset| plan(None, Some(Quota { limit: 5, offset, period: "DAY".into() }));
        let usage = Usage::default();
        assert_eq!(taken(&usage, &quota(0), "one", now), 5);
        assert_eq!(taken(&usage, &quota(0), "one", now + Duration::from_secs(20)), 5, "the next day");
        assert_eq!(taken(&Usage::default(), &quota(2), "one", now), 3);
    }
}
