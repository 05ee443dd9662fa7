//! The recorded usage of AWS's quotas is the one that AWS has counted.

use deployer_emulator::AccountState;
use serde_json::Value;
use time::OffsetDateTime;

use super::{Verdict, Violation};

/// Resource types with a quota, the counter in the account state, and the number of days.
const BUDGETS: [(&str, &str, i64); 2] = [("connect.instance", "attempts", 30), ("connect.phone_number", "number_moves", 180)];

/// Upper bound of the time by which a simulated wall clock is set back.
const WRONG: time::Duration = time::Duration::hours(1);

/// Checks the usage since `since`, the creation of the environment: earlier usage belongs to others. `state` is the stored state now.
pub(crate) fn check(state: Option<&[u8]>, world: &AccountState, since: OffsetDateTime, now: OffsetDateTime) -> Verdict {
    let state: Value = state.and_then(|bytes| serde_json::from_slice(bytes).ok()).unwrap_or_default();
    let world = serde_json::to_value(&world.connect).unwrap_or_default();
    for (type_name, member, days) in BUDGETS {
        let counts = |at: &OffsetDateTime| *at >= since && *at > now - time::Duration::days(days);
        let counted: Vec<OffsetDateTime> = serde_json::from_value(world[member].clone()).unwrap_or_default();
        let counted = counted.into_iter().filter(counts).count();
        let spent = state["quota_entries"].as_array().into_iter().flatten().filter(|spent| spent["type"] == type_name);
        let at = |spent: &Value| spent["at"].as_str().and_then(moment);
        // Records are written with a clock that may be wrong.
        let recorded = spent.filter_map(at).map(|at| at + WRONG).filter(counts).count();
        if recorded != counted {
            let seen = format!("AWS has counted {counted} for {type_name}, {recorded} are recorded as spent");
            return Err(Violation::new("budget_is_counted", seen));
        }
    }
    Ok(())
}

fn moment(text: &str) -> Option<OffsetDateTime> {
    OffsetDateTime::parse(text, &time::format_description::well_known::Rfc3339).ok()
}
