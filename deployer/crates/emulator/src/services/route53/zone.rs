//! Hosted zones.

use super::record::{self, Record};
use super::xml::{document, element, status, text};
use super::{AwsError, Request, State, Zone, name};
use crate::response::Response;

/// Maximum number of hosted zones of an account (Route 53 developer guide, "Quotas").
const MAX_ZONES: usize = 500;
/// Top-level domains of Route 53's name servers, as every zone's delegation set has them.
const SERVER_DOMAINS: [&str; 4] = ["com", "net", "org", "co.uk"];

impl Zone {
    /// Returns the element `HostedZone`.
    pub(super) fn element(&self) -> String {
        let comment = if self.comment.is_empty() { String::new() } else { text("Comment", &self.comment) };
        let config = element("Config", &(comment + &text("PrivateZone", false)));
        let members = text("Id", format!("/hostedzone/{}", self.id))
            + &text("Name", &self.name)
            + &text("CallerReference", &self.caller_reference)
            + &config
            + &text("ResourceRecordSetCount", self.records.len());
        element("HostedZone", &members)
    }

    fn delegation(&self) -> String {
        let servers: String = self.name_servers.iter().map(|server| text("NameServer", server)).collect();
        element("DelegationSet", &element("NameServers", &servers))
    }
}

pub(super) fn create(state: &mut State, call: &Request) -> Result<Response, AwsError> {
    let given = |member: &str| call.input[member].as_str().unwrap_or_default().to_owned();
    let zone_name = name::normalized(&given("Name"));
    if let Some(fault) = name::fault(&zone_name) {
        // The wording is unverified.
        return Err(AwsError::new(400, "InvalidDomainName", format!("FATAL problem: {fault} encountered with '{zone_name}'")));
    }
    if state.zones.values().any(|zone| zone.caller_reference == given("CallerReference")) {
        // The wording is unverified.
        let message = "A hosted zone has already been created with the specified caller reference.";
        return Err(AwsError::new(409, "HostedZoneAlreadyExists", message));
    }
    if state.zones.len() >= MAX_ZONES {
        let message = format!("The limit of {MAX_ZONES} hosted zones has been exceeded.");
        return Err(AwsError::new(400, "TooManyHostedZones", message));
    }
    let id = format!("Z{}", call.context.id(20).to_ascii_uppercase());
    let comment = call.input["HostedZoneConfig"]["Comment"].as_str().unwrap_or_default().to_owned();
    let zone = new_zone(call, id.clone(), zone_name, given("CallerReference"), comment);
    let info = state.submit(&call.context, "");
    let mut response = status(201, "CreateHostedZoneResponse", &(zone.element() + &info + &zone.delegation()));
    response.headers.push(("location", format!("https://route53.amazonaws.com/2013-04-01/hostedzone/{id}")));
    state.zones.insert(id, zone);
    Ok(response)
}

/// Returns a zone with the two records that every zone has (developer guide, "NS and SOA records that Amazon Route 53 creates for a public
/// hosted zone").
fn new_zone(call: &Request, id: String, name: String, caller_reference: String, comment: String) -> Zone {
    let number = id.bytes().fold(0_u32, |sum, byte| (sum * 31 + u32::from(byte)) % 512);
    let servers = (0_u32..).zip(SERVER_DOMAINS);
    let name_servers: Vec<String> =
        servers.map(|(n, domain)| format!("ns-{}.awsdns-{:02}.{domain}", number + 512 * n, number % 64)).collect();
    let now = call.context.now;
    let soa = format!("{}. awsdns-hostmaster.amazon.com. 1 7200 900 1209600 86400", name_servers[0]);
    let own = [
        Record::simple(&name, "NS", 172_800, name_servers.iter().map(|server| format!("{server}.")).collect(), now),
        Record::simple(&name, "SOA", 900, vec![soa], now),
    ];
    let records = own.into_iter().map(|record| (record::key(&record.name, &record.kind), record)).collect();
    Zone { id, name, caller_reference, comment, name_servers, tags: Default::default(), former: Vec::new(), records }
}

pub(super) fn get(state: &State, call: &Request) -> Result<Response, AwsError> {
    let zone = state.zone(call.path("Id"))?;
    Ok(document("GetHostedZoneResponse", &(zone.element() + &zone.delegation())))
}

pub(super) fn update_comment(state: &mut State, call: &Request) -> Result<Response, AwsError> {
    let zone = state.zone_mut(call.path("Id"))?;
    zone.comment = call.input["Comment"].as_str().unwrap_or_default().to_owned();
    Ok(document("UpdateHostedZoneCommentResponse", &zone.element()))
}

pub(super) fn delete(state: &mut State, call: &Request) -> Result<Response, AwsError> {
    let zone = state.zone(call.path("Id"))?;
    let required = |record: &Record| record.name == zone.name && matches!(record.kind.as_str(), "NS" | "SOA");
    if !zone.records.values().all(required) {
        // The wording is unverified.
        let message = "The specified hosted zone contains non-required resource record sets and so cannot be deleted.";
        return Err(AwsError::new(400, "HostedZoneNotEmpty", message));
    }
    state.zones.remove(call.path("Id"));
    let info = state.submit(&call.context, "");
    Ok(document("DeleteHostedZoneResponse", &info))
}

/// No zone here is signed.
pub(super) fn dnssec(state: &State, call: &Request) -> Result<Response, AwsError> {
    state.zone(call.path("Id"))?;
    let signing = element("Status", &text("ServeSignature", "NOT_SIGNING")) + &element("KeySigningKeys", "");
    Ok(document("GetDNSSECResponse", &signing))
}
