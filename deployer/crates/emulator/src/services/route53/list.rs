//! Listings of zones and records.

use super::xml::{document, element, text};
use super::{AwsError, Request, State, Zone, invalid, name, record};
use crate::response::Response;

/// Maximum number of zones of a page (API reference, ListHostedZones).
const ZONES: usize = 100;
/// Maximum number of records of a page (API reference, ListResourceRecordSets).
const RECORDS: usize = 300;

/// Returns the requested size of a page.
fn size(call: &Request, max: usize) -> Result<usize, AwsError> {
    match call.query("maxitems") {
        None | Some("") => Ok(max),
        // Text unverified.
        Some(text) => match text.parse::<usize>() {
            Ok(0) | Err(_) => Err(invalid(format!("MaxItems must be a number from 1 to {max}"))),
            Ok(size) => Ok(size.min(max)),
        },
    }
}

fn zone_elements(zones: &[&Zone]) -> String {
    element("HostedZones", &zones.iter().map(|zone| zone.element()).collect::<String>())
}

pub(super) fn zones(state: &State, call: &Request) -> Result<Response, AwsError> {
    let size = size(call, ZONES)?;
    let marker = call.query("marker").unwrap_or_default();
    if !marker.is_empty() && !state.zones.contains_key(marker) {
        // Text unverified.
        return Err(invalid(format!("The marker {marker} is no hosted zone")));
    }
    let from: Vec<&Zone> = state.zones.iter().filter(|(id, _)| id.as_str() >= marker).map(|(_, zone)| zone).collect();
    let page = &from[..size.min(from.len())];
    let next = from.get(size).map(|zone| text("NextMarker", &zone.id)).unwrap_or_default();
    let given = if marker.is_empty() { String::new() } else { text("Marker", marker) };
    let members = zone_elements(page) + &given + &text("IsTruncated", from.len() > size) + &next + &text("MaxItems", size);
    Ok(document("ListHostedZonesResponse", &members))
}

/// Lists zones in the order of their reversed names, from a name on (API reference, ListHostedZonesByName).
pub(super) fn zones_by_name(state: &State, call: &Request) -> Result<Response, AwsError> {
    let size = size(call, ZONES)?;
    let (name, id) = (call.query("dnsname").unwrap_or_default(), call.query("hostedzoneid").unwrap_or_default());
    if name.is_empty() && !id.is_empty() {
        // "If you include HostedZoneId, you must also include DNSName." Text unverified.
        return Err(invalid("DNSName is required with HostedZoneId"));
    }
    let first = if name.is_empty() { String::new() } else { name::reversed(&name::normalized(name)) };
    let mut all: Vec<(String, &Zone)> = state.zones.values().map(|zone| (name::reversed(&zone.name), zone)).collect();
    all.sort_by(|(one, a), (other, b)| (one, &a.id).cmp(&(other, &b.id)));
    let from: Vec<&Zone> = all
        .iter()
        .filter(|(name, zone)| (name.as_str(), zone.id.as_str()) >= (first.as_str(), id))
        .map(|(_, zone)| *zone)
        .collect();
    let next =
        from.get(size).map(|zone| text("NextDNSName", &zone.name) + &text("NextHostedZoneId", &zone.id)).unwrap_or_default();
    let given = |member: &str, value: &str| if value.is_empty() { String::new() } else { text(member, value) };
    let members = zone_elements(&from[..size.min(from.len())])
        + &given("DNSName", name)
        + &given("HostedZoneId", id)
        + &text("IsTruncated", from.len() > size)
        + &next
        + &text("MaxItems", size);
    Ok(document("ListHostedZonesByNameResponse", &members))
}

/// Lists records in the order of reversed names and types, from a name and a type on (API reference, ListResourceRecordSets).
pub(super) fn records(state: &State, call: &Request) -> Result<Response, AwsError> {
    let zone = state.zone(call.path("Id"))?;
    let size = size(call, RECORDS)?;
    let (name, kind) = (call.query("name").unwrap_or_default(), call.query("type").unwrap_or_default());
    if name.is_empty() && !kind.is_empty() {
        // "If you specify Type but not Name, … InvalidInput." Text unverified.
        return Err(invalid("The request must include a name with a type"));
    }
    let first = if name.is_empty() { String::new() } else { record::key(&name::normalized(name), kind) };
    let from: Vec<_> = zone.records.range(first..).map(|(_, record)| record).collect();
    let page: String = from.iter().take(size).map(|record| record.element()).collect();
    let next = from.get(size).map(|record| text("NextRecordName", &record.name) + &text("NextRecordType", &record.kind));
    let members = element("ResourceRecordSets", &page)
        + &text("IsTruncated", from.len() > size)
        + &next.unwrap_or_default()
        + &text("MaxItems", size);
    Ok(document("ListResourceRecordSetsResponse", &members))
}
