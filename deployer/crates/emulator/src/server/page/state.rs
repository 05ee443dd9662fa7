//! What the page shows of an account and a Region.

use std::sync::Arc;

use bytes::Bytes;
use http::{Response, StatusCode};
use serde_json::{Value, json};

use super::{PageRequest, content, error, json as answer};
use crate::Emulator;
use crate::overview::list;

/// Widths of a drawing in pixels.
const WIDTHS: std::ops::RangeInclusive<f64> = 300.0..=4000.0;

/// Returns the emulator of the account and Region that a request names, or the root; `None` if nothing is known of them.
fn selected(emulator: &Arc<Emulator>, request: &PageRequest) -> Option<Arc<Emulator>> {
    let (account, region) = (request.query("account"), request.query("region"));
    let named = |one: &Arc<Emulator>| {
        account.is_none_or(|account| one.regions.account == account) && region.is_none_or(|region| one.regions.region == region)
    };
    emulator.all_emulators().into_iter().find(named)
}

/// Returns the accounts with their Regions, the calls, and of the selected account and Region the stack, the items of the table `table` and
/// the events of the log group `group`. Every list is bounded and says how much it leaves off.
pub(super) fn state(emulator: &Arc<Emulator>, request: &PageRequest) -> Response<Bytes> {
    let Some(selected) = selected(emulator, request) else {
        return error(StatusCode::NOT_FOUND, "nothing is known of this account and Region");
    };
    let now = selected.request_context().now;
    let there = selected.account_state();
    let outside = selected.outside();
    let zones = outside.zones.as_ref().unwrap_or(&there.route53);
    let buckets = outside.buckets.as_ref().unwrap_or(&there.s3);
    let others = [
        ("roles", list(there.iam.role_names().map(Value::from))),
        ("buckets", list(buckets.tagged(&there.region).map(|(arn, _)| name_in(&arn)))),
        ("certificates", list(there.acm.tagged().map(|(arn, _)| Value::from(arn)))),
        ("hosted zones", list(zones.zone_names().map(Value::from))),
    ];
    let others: Vec<Value> = others.into_iter().map(|(kind, names)| json!({"kind": kind, "names": names})).collect();
    let all = emulator.all_emulators();
    let known = all.iter().enumerate().filter(|(nth, one)| *nth == 0 || one.regions.is_written());
    let accounts = list(known.map(|(_, one)| json!({"account": one.regions.account, "region": one.regions.region})));
    let shown = json!({
        "account": there.account, "region": there.region, "accounts": accounts,
        "calls": emulator.root().map(|root| root.calls.overview()).unwrap_or_default(),
        "connect": there.connect.overview(now),
        "functions": there.lambda.overview(now),
        "tables": there.dynamodb.overview(now),
        "gateway": there.apigateway.overview(now),
        "log_groups": there.logs.overview(),
        "others": others,
        "items": request.query("table").and_then(|table| there.dynamodb.overview_of_items(table)),
        "events": request.query("group").and_then(|group| there.logs.overview_of_events(group)),
    });
    answer(StatusCode::OK, &shown)
}

fn name_in(arn: &str) -> Value {
    arn.rsplit(':').next().unwrap_or(arn).into()
}

/// Returns the drawing of the flow or module `flow` of the instance `instance`, at most `width` pixels wide, as SVG without a style.
pub(super) fn flow(emulator: &Arc<Emulator>, request: &PageRequest) -> Response<Bytes> {
    let (Some(instance), Some(flow)) = (request.query("instance"), request.query("flow")) else {
        return error(StatusCode::BAD_REQUEST, "the drawing needs `instance` and `flow`");
    };
    let width = request.query("width").and_then(|width| width.parse::<f64>().ok()).filter(|width| WIDTHS.contains(width));
    let width = width.unwrap_or(f64::from(deployer_flow::PAGE_WIDTH));
    let there = selected(emulator, request).and_then(|there| there.account_state().connect.drawn(instance, flow));
    match there {
        Some(flow) => content("image/svg+xml", deployer_flow::svg_without_style(&flow, width)),
        None => error(StatusCode::NOT_FOUND, "there is no such flow"),
    }
}
