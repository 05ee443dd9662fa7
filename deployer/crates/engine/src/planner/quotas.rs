//! The usage of provider quotas by a plan, and when capacity is available again.

use std::collections::BTreeMap;
use std::fmt::Write;

use time::{Date, OffsetDateTime, UtcOffset};

use super::Inputs;
use crate::action::Action;
use crate::error::{Error, ErrorClass};
use crate::plan::{Change, Plan, Problem};
use crate::quota::{Quota, QuotaUsage};

/// Maximum number of days for which usage is listed in a message.
const DAYS: usize = 10;

fn cost_of(change: &Change) -> usize {
    match change.action {
        Action::Create | Action::Delete => 1,
        Action::Replace => 2,
        Action::Update | Action::Adopt | Action::Forget | Action::NoOp => 0,
    }
}

/// Returns the usage by a plan for each quota that it counts against.
pub(crate) fn quota_usage(plan: &Plan, inputs: &Inputs<'_>) -> Vec<QuotaUsage> {
    let mut costs: BTreeMap<&str, usize> = BTreeMap::new();
    for change in plan.changes.iter().filter(|change| cost_of(change) > 0) {
        *costs.entry(&change.type_name).or_default() += cost_of(change);
    }
    let cost = |(type_name, costs): (&str, usize)| {
        let meter = inputs.registry.get(type_name).ok()?.quota()?;
        let moments = inputs.state.moments(type_name, meter, inputs.now);
        let free = |at: &OffsetDateTime| *at + meter.window();
        let missing = (moments.len() + costs).saturating_sub(meter.limit as usize);
        Some(QuotaUsage {
            type_name: type_name.to_owned(),
            quota: meter,
            used: moments.len(),
            planned: costs,
            next_free_at: moments.first().map(free),
            sufficient_at: missing.checked_sub(1).and_then(|last| moments.get(last)).map(free),
        })
    };
    costs.into_iter().filter_map(cost).collect()
}

/// Returns the problems that prevent a plan from being applied because it exceeds a quota: beyond the quota the provider refuses calls, or
/// locks the account.
pub(crate) fn problems(plan: &Plan, inputs: &Inputs<'_>) -> Vec<Problem> {
    let problem = |cost: &QuotaUsage| {
        let first = plan.changes.iter().find(|change| change.type_name == cost.type_name && cost_of(change) > 0)?;
        let moments = inputs.state.moments(&cost.type_name, cost.quota, inputs.now);
        let error = Error::new(ErrorClass::Refused, describe(cost, &moments))
            .with_help("wait until then; or, if AWS has raised the quota, pass --over-quota");
        Some(Problem { address: first.address.clone(), error })
    };
    plan.quota_usage.iter().filter(|cost| cost.exceeds()).filter_map(problem).collect()
}

fn describe(cost: &QuotaUsage, moments: &[OffsetDateTime]) -> String {
    let Quota { what, limit, days } = cost.quota;
    let mut text = format!("AWS allows {limit} {what} in {days} days; {} are recorded here", cost.used);
    let mut by_day: BTreeMap<Date, usize> = BTreeMap::new();
    for at in moments {
        *by_day.entry(at.to_offset(UtcOffset::UTC).date()).or_default() += 1;
    }
    let mut listed: Vec<String> = by_day.iter().take(DAYS).map(|(day, many)| format!("{many} on {day}")).collect();
    if by_day.len() > DAYS {
        listed.push("…".to_owned());
    }
    if !listed.is_empty() {
        let _ = write!(text, " ({})", listed.join(", "));
    }
    let _ = write!(text, ", and this plan needs {}; ", cost.planned);
    if let Some(next) = cost.next_free_at {
        let _ = write!(text, "the next becomes free on {}, ", moment(next));
    }
    match cost.sufficient_at {
        Some(enough) => _ = write!(text, "enough for this plan on {}", moment(enough)),
        None => text.push_str("there is never enough for this plan as a whole"),
    }
    text
}

fn moment(at: OffsetDateTime) -> String {
    let at = at.to_offset(UtcOffset::UTC);
    format!("{} {:02}:{:02} UTC", at.date(), at.hour(), at.minute())
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    const METER: Quota = Quota { what: "things", limit: 3, days: 30 };
    const NOW: OffsetDateTime = datetime!(2026-11-25 10:00 UTC);

    #[test]
    fn what_was_spent_is_told_by_day() {
        let day = |day: i64| NOW - time::Duration::days(day);
        let moments = [day(20), day(20), day(3)];
        let cost = QuotaUsage {
            type_name: "thing".to_owned(),
            quota: METER,
            used: 3,
            planned: 2,
            next_free_at: Some(day(20) + METER.window()),
            sufficient_at: Some(day(20) + METER.window()),
        };
        assert_eq!(
            describe(&cost, &moments),
            "AWS allows 3 things in 30 days; 3 are recorded here (2 on 2026-11-05, 1 on 2026-11-22), and this plan needs 2; the \
             next becomes free on 2026-12-05 10:00 UTC, enough for this plan on 2026-12-05 10:00 UTC"
        );
        let never = QuotaUsage { planned: 4, sufficient_at: None, ..cost };
        assert!(describe(&never, &moments).ends_with("there is never enough for this plan as a whole"));
    }
}
