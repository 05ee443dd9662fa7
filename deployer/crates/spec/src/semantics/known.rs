//! Checks against public lists and reserved names, without AWS: time zones, countries, calling codes, paths, tags.

use std::collections::HashMap;

use crate::diagnostic::{Code, Diagnostic};
use crate::geography::{calling_code, time_zone};
use crate::model::{COUNTRY, PHONE_NUMBER, PHONE_PREFIX, PhoneNumberType, TIME_ZONE};
use crate::yaml::Node;

/// Paths that the health check of API Gateway answers on every custom domain (API Gateway developer guide, "Amazon API Gateway important
/// notes": `/ping` and `/sping` are reserved).
const RESERVED: &[&str] = &["/ping", "/sping"];

pub(super) fn check(root: &Node, faults: &mut Vec<Diagnostic>) {
    tags(root, faults);
    paths(root, faults);
    let section = |name: &str| root.find(&["connect", name]).into_iter().flat_map(Node::members);
    for (key, _, hours) in section("hours") {
        zone(hours, &format!("connect.hours.{key}.time_zone"), faults);
    }
    for (key, _, number) in section("phone_numbers") {
        phone_number(number, &format!("connect.phone_numbers.{key}"), faults);
    }
}

/// Reports tag keys that differ only in case, of which IAM accepts only one (IAM user guide, "Rules for tagging").
fn tags(root: &Node, faults: &mut Vec<Diagnostic>) {
    let mut keys: HashMap<String, &str> = HashMap::new();
    for (key, at, _) in root.get("tags").into_iter().flat_map(Node::members) {
        match keys.get(&key.to_lowercase()) {
            Some(first) if *first != key => {
                let message =
                    format!("the tags `{first}` and `{key}` differ only in the case of letters, and IAM takes one of them");
                let fault = Diagnostic::new(Code::Conflict, at.span, message).with_path(format!("tags.{key}"));
                faults.push(fault.help("leave one of them out"));
            }
            _ => drop(keys.insert(key.to_lowercase(), key)),
        }
    }
}

/// Reports an API all of whose paths are reserved, which is useless on its custom domain. A reserved path can still be reached on the API's
/// own endpoint.
fn paths(root: &Node, faults: &mut Vec<Diagnostic>) {
    let Some(api) = root.get("api").filter(|api| api.get("domain").is_some()) else { return };
    let routes = || api.get("routes").into_iter().flat_map(Node::members);
    if routes().any(|(route, _, _)| reserved_path(route).is_none()) {
        return;
    }
    for (route, at, _) in routes() {
        let Some(path) = reserved_path(route) else { continue };
        let message = format!("API Gateway answers `{path}` at a custom domain itself, so no call would reach the function");
        let fault = Diagnostic::new(Code::Conflict, at.span, message).with_path(format!("api.routes.{route}"));
        faults.push(fault.help("choose another path, such as `/health`, or leave `domain` out"));
    }
}

/// Returns the path of this route if API Gateway itself answers it on every custom domain.
#[must_use]
pub fn reserved_path(route: &str) -> Option<&str> {
    route.split_once(' ').map(|(_, path)| path).filter(|path| RESERVED.contains(path))
}

fn zone(hours: &Node, path: &str, faults: &mut Vec<Diagnostic>) {
    let Some(node) = hours.get("time_zone") else { return };
    let Some(name) = node.text().filter(|name| TIME_ZONE.accepts(name)) else { return };
    let Err(meant) = time_zone(name) else { return };
    let fault = Diagnostic::new(Code::NotAllowed, node.span, format!("the tz database has no time zone `{name}`"))
        .with_path(path)
        .with_suggestion(meant);
    faults.push(fault.help("a zone is named after its largest city, in the case of letters of the tz database: `Europe/Berlin`"));
}

/// Checks that Connect knows the country, and that the number or prefix begins with its calling code.
fn phone_number(number: &Node, path: &str, faults: &mut Vec<Diagnostic>) {
    let text = |key| number.get(key).and_then(|node| Some((node.text()?, node)));
    let Some((country, node)) = text("country").filter(|(country, _)| COUNTRY.accepts(country)) else { return };
    let Some(calling) = calling_code(country) else {
        let message = format!("Connect has no numbers of a country `{country}`");
        let fault = Diagnostic::new(Code::NotAllowed, node.span, message).with_path(format!("{path}.country"));
        // Among two-letter codes too many are similar for a suggestion to help.
        let meant = [("UK", "GB"), ("EN", "GB"), ("EL", "GR")].iter().find(|(slip, _)| *slip == country);
        let meant = meant.map(|(_, meant)| (*meant).to_owned());
        faults
            .push(fault.help("a country is its code of two letters in ISO 3166-1, such as `US` or `DE`").with_suggestion(meant));
        return;
    };
    // An international freephone number begins with +800 in every country (ITU-T E.169.1).
    if text("type").is_some_and(|(kind, _)| kind == PhoneNumberType::Uifn.as_str()) {
        return;
    }
    for (key, rule) in [("prefix", &PHONE_PREFIX), ("number", &PHONE_NUMBER)] {
        let Some((written, node)) = text(key).filter(|(written, _)| rule.accepts(written)) else { continue };
        let digits = written.trim_start_matches('+');
        // A prefix may also end within the calling code.
        if digits.starts_with(calling) || key == "prefix" && calling.starts_with(digits) {
            continue;
        }
        let message = format!("`{written}` is not a number of the country `{country}`, whose numbers begin with `+{calling}`");
        let fault = Diagnostic::new(Code::Conflict, node.span, message).with_path(format!("{path}.{key}"));
        faults.push(fault.help(format!("write a number that begins with `+{calling}`, or another `country`")));
    }
}
