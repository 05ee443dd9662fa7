//! Checks of the API: its domain and certificate, and the consistency of its routes.

use std::collections::{BTreeMap, BTreeSet};

use super::declared;
use crate::diagnostic::{Code, Diagnostic};
use crate::model::{Auth, account_and_region, validity_days};
use crate::route::{self, ROUTE, Route};
use crate::string_enum::FromText;
use crate::suggest::listed;
use crate::yaml::{Node, Value};

/// Maximum number of resources of an API (API Gateway developer guide, "Quotas"), including the root.
const MAX_RESOURCES: usize = 300;

pub(super) fn check(root: &Node, faults: &mut Vec<Diagnostic>) {
    let Some(api) = root.get("api") else { return };
    certificate(root, api, faults);
    let Some(routes) = api.get("routes") else { return };
    let mut variables: BTreeMap<String, String> = BTreeMap::new();
    let mut resources = BTreeSet::new();
    let mut asks_for_key = false;
    for (text, at, target) in routes.members() {
        let path = format!("api.routes.{text}");
        declared(root, &["functions"], route::function(target), &path, faults);
        if let Some(auth) = target.get("auth").filter(|auth| auth.text() == Some(Auth::ApiKey.as_str())) {
            asks_for_key = true;
            if api.get("api_key").is_none() {
                let fault = Diagnostic::new(Code::Conflict, auth.span, "the route asks for an API key, and the API has none");
                faults.push(
                    fault
                        .with_path(format!("{path}.auth"))
                        .help("add `api_key: {}` below `api`, with its limits if there are any"),
                );
            }
        }
        let Some(route) = Route::from_text(text).filter(|_| ROUTE.accepts(text)) else { continue };
        if let Some(message) = siblings(&route.path, &mut variables, &mut resources) {
            faults.push(Diagnostic::new(Code::Conflict, at.span, message).with_path(path));
        }
    }
    if let Some((_, key, _)) = api.members().find(|(name, ..)| *name == "api_key").filter(|_| !asks_for_key) {
        let fault = Diagnostic::new(Code::Conflict, key.span, "no route asks for the API key").with_path("api.api_key");
        faults.push(fault.help("write `auth: api_key` at each route that requires the key, or remove `api_key`"));
    }
    if resources.len() >= MAX_RESOURCES {
        let message = format!(
            "the routes have {} different paths and beginnings of paths; API Gateway takes {MAX_RESOURCES}",
            resources.len() + 1
        );
        faults.push(Diagnostic::new(Code::OutOfRange, routes.span, message).with_path("api.routes"));
    }
}

/// Explains why the path conflicts with the earlier ones. There may be only one variable below each path, and no variable may occur twice
/// in a path (API Gateway's own errors: "A sibling … already has a variable path part -- only one is allowed").
fn siblings(path: &str, variables: &mut BTreeMap<String, String>, resources: &mut BTreeSet<String>) -> Option<String> {
    let mut parent = String::new();
    let mut own = BTreeSet::new();
    for segment in path.split('/').filter(|segment| !segment.is_empty()) {
        if segment.starts_with('{') {
            let name = segment.trim_matches(['{', '}', '+']);
            if !own.insert(name) {
                return Some(format!("the variable `{name}` comes twice in `{path}`"));
            }
            let first = variables.entry(parent.clone()).or_insert_with(|| segment.to_owned());
            if first != segment {
                let below = if parent.is_empty() { "/" } else { &parent };
                return Some(format!(
                    "below `{below}` there is already the variable `{first}`; API Gateway takes no second one `{segment}`"
                ));
            }
        }
        parent = format!("{parent}/{segment}");
        resources.insert(parent.clone());
    }
    None
}

fn certificate(root: &Node, api: &Node, faults: &mut Vec<Diagnostic>) {
    match (api.get("domain"), api.get("certificate")) {
        (Some(domain), None) => {
            let fault = Diagnostic::new(Code::Conflict, domain.span, "a domain needs a certificate").with_path("api.domain");
            faults.push(fault.help("add `certificate: { dns: {} }` or `certificate: { self_signed: {} }` below `api`"));
        }
        (None, Some(_)) => {
            let at = api.members().find(|(name, ..)| *name == "certificate").map_or(api.span, |(_, at, _)| at.span);
            let fault = Diagnostic::new(Code::Conflict, at, "a certificate is only for a domain, and there is none")
                .with_path("api.certificate");
            faults.push(fault.help(format!("add `domain` below `api`, or remove {}", listed(&["certificate"]))));
        }
        _ => {}
    }
    existing_certificate(root, api, faults);
    zone(api, "domain", api.find(&["domain", "zone"]), faults);
    zone(api, "certificate.dns", api.find(&["certificate", "dns", "zone"]), faults);
    let Some(days) = api.find(&["certificate", "self_signed"]) else { return };
    let validity = validity_days(days);
    let renew = days.get("renew_before_days").and_then(|node| match node.value {
        Value::Integer(number) => Some((number, node.span)),
        _ => None,
    });
    if let Some((renew, span)) = renew.filter(|(renew, _)| *renew >= validity) {
        let message = format!("a certificate that is valid for {validity} days cannot be renewed {renew} days before its end");
        let fault = Diagnostic::new(Code::Conflict, span, message).with_path("api.certificate.self_signed.renew_before_days");
        faults.push(fault.help(format!("it must be less than {validity}")));
    }
}

/// Checks that a certificate of ACM is in the account and the Region of the API: API Gateway takes no other for a Regional domain (API
/// Gateway developer guide, "Set up a Regional custom domain name").
fn existing_certificate(root: &Node, api: &Node, faults: &mut Vec<Diagnostic>) {
    let Some(node) = api.find(&["certificate", "acm"]) else { return };
    let parts: Vec<&str> = node.text().unwrap_or_default().split(':').collect();
    let Some((account, region)) = account_and_region(root) else { return };
    let [_, _, "acm", of_region, of_account, _] = parts[..] else { return };
    let path = "api.certificate.acm";
    if of_region != region {
        let message = format!("the certificate is in the Region `{of_region}`, and the API in `{region}`");
        let fault = Diagnostic::new(Code::Conflict, node.span, message).with_path(path);
        faults.push(fault.help("request or import it in the Region of the API; only edge-optimized domains use us-east-1"));
    }
    if of_account != account {
        let message = format!("the certificate is in the account `{of_account}`, and the API in `{account}`");
        let fault = Diagnostic::new(Code::Conflict, node.span, message).with_path(path);
        faults.push(fault.help("API Gateway takes only certificates of its own account"));
    }
}

/// Checks that a zone that is given by its name contains the domain.
fn zone(api: &Node, path: &str, zone: Option<&Node>, faults: &mut Vec<Diagnostic>) {
    let domain = api.find(&["domain", "name"]).or_else(|| api.get("domain")).and_then(Node::text);
    let (Some(domain), Some((name, node))) = (domain, zone.and_then(|node| Some((node.text()?, node)))) else { return };
    let name = name.trim_end_matches('.');
    let is_id = !name.contains('.') && name.starts_with('Z');
    if is_id || domain == name || domain.strip_suffix(name).is_some_and(|rest| rest.ends_with('.')) {
        return;
    }
    let fault = Diagnostic::new(Code::Conflict, node.span, format!("`{domain}` is not in the zone `{name}`"));
    faults.push(fault.with_path(format!("api.{path}.zone")).help("name the zone that holds the records of the domain"));
}
