//! The resource type `connect.phone_number`.

use deployer_engine::{ChangeEffect, PropertyPath, Quota, ResourceDefinition, RetainPolicy};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::declaration::resource;
use crate::{Arn, Concrete, ConnectInstance, Declared, Id, Mode, Tags};

/// Desired and live properties of `connect.phone_number`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(bound = "")]
pub struct ConnectPhoneNumberProperties<M: Mode = Concrete> {
    /// The instance.
    pub instance_id: M::Of<Id<ConnectInstance>>,
    /// The country, such as `US`.
    pub country: String,
    /// The type of number, such as `TOLL_FREE`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Prefix that a number to be claimed must have.
    pub prefix: Option<String>,
    /// Exactly this number; if absent, any that fits.
    pub number: Option<String>,
    /// The description; may be empty.
    pub description: String,
    /// Whether it is released when it is no longer desired.
    pub release: bool,
    /// Tags.
    pub tags: Tags,
}

resource! {
    ConnectPhoneNumber, declared as ConnectPhoneNumberProperties<Declared>, with ConnectPhoneNumberOutputs {
        /// The ID.
        id: String as Id<ConnectPhoneNumber>,
        /// The ARN.
        arn: String as Arn<ConnectPhoneNumber>,
        /// The number, such as `+18005550100`.
        number: String as String,
    }
}

/// 200 % of the quota of numbers, which is 5 unless AWS has raised it (API reference, ClaimPhoneNumber).
const QUOTA_NAME: Quota =
    Quota { what: "claims and releases of phone numbers (at the default quota of 5)", limit: 10, days: 180 };

impl ResourceDefinition for ConnectPhoneNumber {
    type Properties = ConnectPhoneNumberProperties;
    type Outputs = ConnectPhoneNumberOutputs;
    const TYPE: &'static str = "connect.phone_number";
    const HOLDS_DATA: bool = true;
    const QUOTA: Option<Quota> = Some(QUOTA_NAME);

    fn change_effect(path: &PropertyPath) -> ChangeEffect {
        match path.first() {
            "instance_id" => ChangeEffect::Replace("it belongs to another instance"),
            "country" | "type" | "number" => ChangeEffect::Replace("a number cannot become another one"),
            "prefix" => ChangeEffect::RecordOnly("a number is claimed already, and a prefix only steers the search"),
            _ => ChangeEffect::Update,
        }
    }

    fn retain_policy(properties: &Value, _live: Option<&Value>) -> Option<RetainPolicy> {
        (properties["release"] != true).then(|| {
            RetainPolicy::Forget(
                "it stays claimed, for a number that is given back cannot be claimed again for up to 180 days; \
                 `release: true` or --release-numbers gives it back"
                    .to_owned(),
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn number_is_retained_unless_release_is_set() {
        assert!(matches!(ConnectPhoneNumber::retain_policy(&json!({"release": false}), None), Some(RetainPolicy::Forget(_))));
        assert!(matches!(ConnectPhoneNumber::retain_policy(&json!({}), None), Some(RetainPolicy::Forget(_))));
        assert_eq!(ConnectPhoneNumber::retain_policy(&json!({"release": true}), None), None);
    }
}
