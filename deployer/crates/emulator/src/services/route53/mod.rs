//! Route 53: public hosted zones and their records (API version 2013-04-01, REST with XML).
//!
//! Zones belong to the account, not to a Region. Private zones, routing policies, health checks and DNSSEC are not implemented and are
//! refused. Nothing here answers DNS queries.

mod batch;
mod change;
mod list;
mod name;
mod record;
mod tags;
mod xml;
mod zone;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::error::AwsError;
use crate::kernel::info::Protocol;
use crate::kernel::operation::{Operation, per_second, read, write};
use crate::kernel::others::{OtherServices, PublishedValue, Tags};
use crate::kernel::permission::{RequiredAction, need};
use crate::kernel::service::{AwsService, ServiceInfo, TagsByArn};
use crate::model::Model;
use crate::persistent_map::PersistentMap;
use crate::request::{Request, RequestContext, Service};
use crate::stored::stored;

use record::Record;

/// Namespace of all documents (service model).
const NAMESPACE: &str = "https://route53.amazonaws.com/doc/2013-04-01/";

/// Route 53 state.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct State {
    /// Hosted zones by ID.
    #[serde(default)]
    zones: PersistentMap<String, Zone>,
    /// Submitted changes by ID.
    #[serde(default)]
    changes: PersistentMap<String, change::Change>,
}

stored!(State: zones, changes);

/// A public hosted zone.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Zone {
    id: String,
    /// Name with a trailing dot.
    name: String,
    caller_reference: String,
    comment: String,
    name_servers: Vec<String>,
    tags: Tags,
    /// CNAME records that were deleted or replaced, with their times, so that validations by them remain known.
    former: Vec<Former>,
    /// Records by their place in a listing.
    #[serde(default)]
    records: PersistentMap<String, Record>,
}

stored!(Zone: records);

/// A CNAME record that is no longer there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Former {
    name: String,
    value: String,
    from: OffsetDateTime,
    until: OffsetDateTime,
}

impl State {
    /// Returns the names of all hosted zones, with a trailing dot.
    pub(crate) fn zone_names(&self) -> impl Iterator<Item = &str> {
        self.zones.values().map(|zone| zone.name.as_str())
    }

    fn zone(&self, id: &str) -> Result<&Zone, AwsError> {
        self.zones.get(id).ok_or_else(|| no_zone(id))
    }

    fn zone_mut(&mut self, id: &str) -> Result<&mut Zone, AwsError> {
        self.zones.get_mut(id).ok_or_else(|| no_zone(id))
    }

    /// Returns the values that CNAME records of this name have had in any zone, with the times from and until which they were there.
    pub(crate) fn published(&self, name: &str) -> Vec<PublishedValue> {
        let name = name::normalized(name);
        let zones = self.zones.values().filter(|zone| name::is_within(&name, &zone.name));
        zones.flat_map(|zone| zone.published(&name)).collect()
    }
}

impl Zone {
    fn published(&self, name: &str) -> Vec<PublishedValue> {
        let current = self.records.get(&record::key(name, "CNAME")).into_iter().flat_map(|record| {
            let value = |value: &String| PublishedValue { value: name::normalized(value), from: record.created, until: None };
            record.values.iter().map(value)
        });
        let former = self.former.iter().filter(|former| former.name == name);
        let former = former.map(|one| PublishedValue { value: one.value.clone(), from: one.from, until: Some(one.until) });
        current.chain(former).collect()
    }
}

/// Operations of this service. All of an account share five requests per second (Route 53 developer guide, "Quotas").
#[rustfmt::skip]
const OPERATIONS: &[Operation<State>] = &[
    write("CreateHostedZone", zone::create).at("POST /2013-04-01/hostedzone"),
    read("ListHostedZones", list::zones).at("GET /2013-04-01/hostedzone"),
    read("ListHostedZonesByName", list::zones_by_name).at("GET /2013-04-01/hostedzonesbyname"),
    read("GetHostedZone", zone::get).at("GET /2013-04-01/hostedzone/{Id}"),
    write("UpdateHostedZoneComment", zone::update_comment).at("POST /2013-04-01/hostedzone/{Id}"),
    write("DeleteHostedZone", zone::delete).at("DELETE /2013-04-01/hostedzone/{Id}"),
    read("GetDNSSEC", zone::dnssec).at("GET /2013-04-01/hostedzone/{Id}/dnssec"),
    write("ChangeResourceRecordSets", batch::change).at("POST /2013-04-01/hostedzone/{Id}/rrset"),
    read("ListResourceRecordSets", list::records).at("GET /2013-04-01/hostedzone/{Id}/rrset"),
    read("GetChange", change::get).at("GET /2013-04-01/change/{Id}"),
    write("ChangeTagsForResource", tags::change).at("POST /2013-04-01/tags/{ResourceType}/{ResourceId}"),
    read("ListTagsForResource", tags::list).at("GET /2013-04-01/tags/{ResourceType}/{ResourceId}"),
];

/// Route 53.
pub(crate) struct Route53;

impl AwsService for Route53 {
    type State = State;

    fn info() -> &'static ServiceInfo {
        static MODEL: Model = Model::new("route53", include_str!("../../../model/route53.json"));
        static INFO: ServiceInfo = ServiceInfo {
            protocol: Protocol::RestXml(NAMESPACE),
            // Declared by every operation; the wording of a violated constraint is unverified.
            validation_code: |_| "InvalidInput",
            denied: (403, "AccessDenied"),
            // "If you submit more than five requests per second, Amazon Route 53 returns an HTTP 400 error (Bad request). The response
            // header also includes a Code element with a value of Throttling" (developer guide, "Quotas").
            throttled: || AwsError::new(400, "Throttling", "Rate exceeded"),
            shared_rate: Some(per_second(5, 5)),
            is_global: true,
            ..ServiceInfo::json(Service::Route53, "", &MODEL)
        };
        &INFO
    }

    fn operations() -> &'static [&'static [Operation<State>]] {
        &[OPERATIONS]
    }

    fn tags(state: &State, _: &RequestContext) -> TagsByArn {
        state.zones.iter().map(|(id, zone)| (zone_arn(id), zone.tags.clone())).collect()
    }

    fn taggable(arn: &str) -> Option<&str> {
        arn.contains(":hostedzone/").then_some(arn)
    }

    /// Route 53 has no condition keys for tags (service authorization reference).
    fn request_tags(_: &Request) -> Option<Tags> {
        Some(BTreeMap::new())
    }

    fn required_actions(_: &State, request: &Request, _: &dyn OtherServices) -> Vec<RequiredAction> {
        let resource = match (request.path("Id"), request.path("ResourceId"), request.operation()) {
            (id, _, "GetChange") => format!("arn:aws:route53:::change/{}", id.trim_start_matches("/change/")),
            ("", "", _) => "*".to_owned(),
            ("", id, _) => format!("arn:aws:route53:::{}/{id}", request.path("ResourceType")),
            (id, ..) => zone_arn(id),
        };
        vec![need("route53", request.operation(), resource)]
    }
}

fn zone_arn(id: &str) -> String {
    format!("arn:aws:route53:::hostedzone/{id}")
}

fn invalid(message: impl Into<String>) -> AwsError {
    AwsError::new(400, "InvalidInput", message)
}

/// The wording is unverified.
fn no_zone(id: &str) -> AwsError {
    AwsError::new(404, "NoSuchHostedZone", format!("No hosted zone found with ID: {id}"))
}
