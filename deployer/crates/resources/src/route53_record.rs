//! The resource types of records in somebody else's hosted zone: `route53.validation_record` and `route53.alias_record`.

use std::time::Duration;

use deployer_engine::{ChangeEffect, PropertyPath, ResourceDefinition, RetainPolicy};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::declaration::resource;
use crate::{Concrete, Declared, HostedZone, Id, Mode, Tags};

/// Desired and live properties of `route53.validation_record`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(bound = "")]
pub struct ValidationRecordProperties<M: Mode = Concrete> {
    /// The zone.
    pub zone_id: M::Of<Id<HostedZone>>,
    /// The record's name.
    pub name: M::Of<String>,
    /// Its type.
    pub kind: M::Of<String>,
    /// Its value.
    pub value: M::Of<String>,
}

resource! {
    ValidationRecord, declared as ValidationRecordProperties<Declared>, with ValidationRecordOutputs {
        /// The record's name.
        name: String as String,
    }
}

impl ResourceDefinition for ValidationRecord {
    type Properties = ValidationRecordProperties;
    type Outputs = ValidationRecordOutputs;
    const TYPE: &'static str = "route53.validation_record";
    const ID_IS_A_NAME: bool = true;

    /// Another record is created, and the old one stays.
    fn change_effect(_path: &PropertyPath) -> ChangeEffect {
        ChangeEffect::Update
    }

    /// ACM names one record for all certificates of a domain in an account, in every Region, and needs it at every renewal (ACM user guide,
    /// "DNS validation"). Who else needs it cannot be known, and it does no harm.
    fn retain_policy(_properties: &Value, _live: Option<&Value>) -> Option<RetainPolicy> {
        let why = "it stays in the zone, because every certificate of the domain in this account is validated and renewed by it";
        Some(RetainPolicy::Leave(why.to_owned()))
    }
}

/// Desired and live properties of `route53.alias_record`: an A and an AAAA alias of one name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(bound = "")]
pub struct AliasRecordProperties<M: Mode = Concrete> {
    /// The zone.
    pub zone_id: M::Of<Id<HostedZone>>,
    /// The name.
    pub name: String,
    /// The host name that it is an alias of.
    pub target: M::Of<String>,
    /// The hosted zone of that host name.
    pub target_zone_id: M::Of<String>,
    /// The owner, which a TXT record beside the alias names.
    pub tags: Tags,
}

resource! {
    AliasRecord, declared as AliasRecordProperties<Declared>, with AliasRecordOutputs {
        /// The name.
        name: String as String,
    }
}

impl ResourceDefinition for AliasRecord {
    type Properties = AliasRecordProperties;
    type Outputs = AliasRecordOutputs;
    const TYPE: &'static str = "route53.alias_record";
    const OUTPUTS_FROM_PROPERTIES: &'static [&'static str] = &["name"];
    const ID_IS_A_NAME: bool = true;
    const KEY: &'static [&'static str] = &["zone_id", "name"];
    /// Until all name servers have it.
    const CREATION_TIME: Duration = Duration::from_secs(30);

    fn change_effect(path: &PropertyPath) -> ChangeEffect {
        match path.first() {
            "zone_id" => ChangeEffect::Replace("a record is in one zone"),
            "name" => ChangeEffect::Replace("a record is known by its name"),
            _ => ChangeEffect::Update,
        }
    }
}
