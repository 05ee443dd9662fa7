//! ChangeResourceRecordSets: all changes of a batch, or none.

use super::record::{Record, key};
use super::xml::document;
use super::{AwsError, Former, Request, State, Zone, name};
use crate::persistent_map::PersistentMap;
use crate::response::Response;

/// The time within which a certificate must be validated.
const VALIDATED_WITHIN: std::time::Duration = std::time::Duration::from_secs(72 * 3600);

/// Maximum number of changes of a batch (Route 53 developer guide, "Quotas": 1,000; an UPSERT counts twice).
const MAX_CHANGES: usize = 1000;
/// Maximum number of records of a zone (the same page).
const MAX_RECORDS: usize = 10_000;

pub(super) fn change(state: &mut State, call: &Request) -> Result<Response, AwsError> {
    let zone = state.zone(call.path("Id"))?;
    let batch = &call.input["ChangeBatch"];
    let changes = batch["Changes"].as_array().cloned().unwrap_or_default();
    let weight: usize = changes.iter().map(|change| if change["Action"] == "UPSERT" { 2 } else { 1 }).sum();
    if weight > MAX_CHANGES {
        // Text unverified.
        return Err(refused(&[format!("Number of records limit of {MAX_CHANGES} exceeded.")]));
    }
    let (mut records, mut faults) = (zone.records.clone(), Vec::new());
    for change in &changes {
        let action = change["Action"].as_str().unwrap_or_default();
        let record = Record::read(&change["ResourceRecordSet"], action, call.context.now)?;
        faults.extend(apply(&mut records, zone, action, record, state));
    }
    faults.extend(apex_faults(&records, zone));
    if !faults.is_empty() {
        return Err(refused(&faults));
    }
    let former = former(zone, &records, call);
    let zone = state.zone_mut(call.path("Id"))?;
    zone.records = records;
    // A certificate that has not been validated after 72 hours has failed (ACM user guide, "DNS validation").
    zone.former.retain(|old| old.until + VALIDATED_WITHIN > call.context.now);
    zone.former.extend(former);
    let info = state.submit(&call.context, batch["Comment"].as_str().unwrap_or_default());
    Ok(document("ChangeResourceRecordSetsResponse", &info))
}

/// The messages of a batch stand in one pair of brackets, as in users' reports.
fn refused(faults: &[String]) -> AwsError {
    AwsError::new(400, "InvalidChangeBatch", format!("[{}]", faults.join(", ")))
}

/// Applies one change to the draft; returns what is wrong with it. The texts of existing and missing records are those of users' reports
/// (kubernetes-sigs/external-dns#3007, boto/boto#2887).
fn apply(records: &mut PersistentMap<String, Record>, zone: &Zone, action: &str, record: Record, state: &State) -> Vec<String> {
    let place = key(&record.name, &record.kind);
    let named = format!("[name='{}', type='{}']", record.name, record.kind);
    let existing = records.get(&place);
    match (action, existing) {
        ("DELETE", None) => return vec![format!("Tried to delete resource record set {named} but it was not found")],
        ("DELETE", Some(existing)) if !existing.same(&record) => {
            let why = "the values provided do not match the current values";
            return vec![format!("Tried to delete resource record set {named} but {why}")];
        }
        ("DELETE", Some(_)) => {
            records.remove(&place);
            return Vec::new();
        }
        ("CREATE", Some(_)) => return vec![format!("Tried to create resource record set {named} but it already exists")],
        _ => {}
    }
    let mut faults = record.faults();
    faults.extend(placement_fault(records, zone, &record));
    faults.extend(alias_fault(records, &record, zone, state));
    if records.len() >= MAX_RECORDS && existing.is_none() {
        faults.push(format!("Number of records limit of {MAX_RECORDS} exceeded."));
    }
    if faults.is_empty() {
        records.insert(place, record);
    }
    faults
}

/// Returns why a record cannot be where it is to be. The wording of the texts is unverified.
fn placement_fault(records: &PersistentMap<String, Record>, zone: &Zone, record: &Record) -> Option<String> {
    let (name, kind, zone_name) = (&record.name, &record.kind, zone.name.trim_end_matches('.'));
    if !name::is_within(name, &zone.name) {
        return Some(format!("RRSet with DNS name {name} is not permitted in zone {}", zone.name));
    }
    if kind == "CNAME" && *name == zone.name {
        return Some(format!("RRSet of type CNAME with DNS name {name} is not permitted at apex in zone {}", zone.name));
    }
    let others = || records.values().filter(|other| other.name == *name && other.kind != *kind);
    if kind == "CNAME" && others().next().is_some() {
        let why = "it conflicts with other records with the same DNS name in zone";
        return Some(format!("RRSet of type CNAME with DNS name {name} is not permitted as {why} {zone_name}."));
    }
    if others().any(|other| other.kind == "CNAME") {
        let why = "a conflicting RRSet of type CNAME with the same DNS name already exists in zone";
        return Some(format!("RRSet of type {kind} with DNS name {name} is not permitted because {why} {zone_name}."));
    }
    None
}

/// Returns why an alias cannot point where it is to; targets outside the zones of this account are not known here.
fn alias_fault(records: &PersistentMap<String, Record>, record: &Record, zone: &Zone, state: &State) -> Option<String> {
    let alias = record.alias.as_ref()?;
    let target_zone = if alias.zone == zone.id { Some(zone) } else { state.zones.get(&alias.zone) };
    let in_words = format!("Tried to create an alias that targets {}, type {} in zone {},", alias.name, record.kind, alias.zone);
    match target_zone {
        None => None,
        Some(target) if !name::is_within(&alias.name, &target.name) => {
            Some(format!("{in_words} but the alias target name does not lie within the target zone"))
        }
        Some(target) => {
            let there = if target.id == zone.id { records } else { &target.records };
            (!there.contains_key(&key(&alias.name, &record.kind))).then(|| format!("{in_words} but that target was not found"))
        }
    }
}

fn apex_faults(records: &PersistentMap<String, Record>, zone: &Zone) -> Vec<String> {
    let missing = |kind: &str| !records.contains_key(&key(&zone.name, kind));
    let soa = missing("SOA").then(|| "A HostedZone must contain exactly one SOA record.".to_owned());
    let ns = missing("NS").then(|| "A HostedZone must contain at least one NS record for the zone itself.".to_owned());
    soa.into_iter().chain(ns).collect()
}

/// Returns the CNAME values that the batch takes away.
fn former(zone: &Zone, records: &PersistentMap<String, Record>, call: &Request) -> Vec<Former> {
    let gone = zone.records.iter().filter(|(place, before)| {
        before.kind == "CNAME" && records.get(place.as_str()).is_none_or(|now| now.created != before.created)
    });
    let one = |(_, before): (&String, &Record)| {
        let value = before.values.first().map(|value| name::normalized(value)).unwrap_or_default();
        Former { name: before.name.clone(), value, from: before.created, until: call.context.now }
    };
    gone.map(one).collect()
}
