//! The resource type `iam.role`.

use std::collections::BTreeMap;
use std::time::Duration;

use deployer_engine::{ChangeEffect, PropertyPath, ResourceDefinition};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::declaration::resource;
use crate::{Arn, Concrete, Declared, IamPolicy, Mode, Name, Set, Tags};

/// Desired and live properties of `iam.role`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(bound = "")]
pub struct IamRoleProperties<M: Mode = Concrete> {
    /// The name, unique in the account.
    pub name: String,
    /// The description; may be empty.
    pub description: String,
    /// The trust policy.
    pub trust: Value,
    /// Inline policies by name. Other live ones are removed.
    pub policies: BTreeMap<String, M::Of<Value>>,
    /// ARNs of the attached managed policies; other live ones are detached. `None` means they are not read at all, which saves a call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub managed: Option<M::Of<Set<Arn<IamPolicy>>>>,
    /// ARN of the permissions boundary. If absent, an existing boundary is left in place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub boundary: Option<M::Of<Arn<IamPolicy>>>,
    /// Tags.
    pub tags: Tags,
}

resource! {
    IamRole, declared as IamRoleProperties<Declared>, with IamRoleOutputs {
        /// The ARN.
        arn: String as Arn<IamRole>,
        /// The name.
        name: String as Name<IamRole>,
    }
}

/// Maximum size of all inline policies of a role, in characters (User Guide, IAM and STS quotas).
pub const MAX_INLINE_POLICY_CHARS: usize = 10_240;

/// Default maximum size of a trust policy in characters (User Guide, IAM and STS quotas).
const TRUST: usize = 2_048;

impl ResourceDefinition for IamRole {
    type Properties = IamRoleProperties;
    type Outputs = IamRoleOutputs;
    const TYPE: &'static str = "iam.role";
    const ID_IS_A_NAME: bool = true;
    const KEY: &'static [&'static str] = &["name"];
    /// Its policies first, because a role with policies cannot be deleted.
    const DELETED_IN_STEPS: bool = true;
    /// Time until other services know the role (IAM user guide, "Changes that I make are not always immediately visible").
    const CREATION_TIME: Duration = Duration::from_secs(8);

    fn change_effect(path: &PropertyPath) -> ChangeEffect {
        match path.first() {
            "name" => ChangeEffect::Replace("a role's name cannot be changed"),
            _ => ChangeEffect::Update,
        }
    }

    /// Returns the role with old and new policies and trust combined, if they fit the size limits.
    fn transition_properties(live: &Value, wanted: &Value) -> Option<Value> {
        let (old, new) = (live["policies"].as_object()?, wanted["policies"].as_object()?);
        let mut together = wanted.clone();
        for (name, document) in old {
            together["policies"][name] = new.get(name).map_or_else(|| document.clone(), |new| both(document, new));
        }
        together["trust"] = both(&live["trust"], &wanted["trust"]);
        let size: usize = together["policies"].as_object()?.values().map(|document| document.to_string().len()).sum();
        (size <= MAX_INLINE_POLICY_CHARS && together["trust"].to_string().len() <= TRUST && together != *wanted)
            .then_some(together)
    }
}

/// Returns the new document, extended by the old one's statements that it lacks.
fn both(old: &Value, new: &Value) -> Value {
    let (Some(was), Some(is)) = (old["Statement"].as_array(), new["Statement"].as_array()) else { return new.clone() };
    let mut together = new.clone();
    together["Statement"] = is.iter().chain(was.iter().filter(|statement| !is.contains(statement))).cloned().collect();
    together
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, json};

    use super::*;

    fn document(resource: &str) -> Value {
        json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["dynamodb:GetItem"], "Resource": [resource]}]})
    }

    fn role(policies: &[(&str, &str)]) -> Value {
        let policies: Map<String, Value> = policies.iter().map(|(name, on)| ((*name).to_owned(), document(on))).collect();
        json!({"name": "convert", "description": "", "trust": document("trusted"), "policies": policies, "tags": {}})
    }

    #[test]
    fn withdrawn_grants_stay_meanwhile() {
        let (old, new) = (role(&[("logs-table-a", "a"), ("own", "b")]), role(&[("logs-table-b", "b"), ("own", "c")]));
        let meanwhile = IamRole::transition_properties(&old, &new).expect("it loses grants");
        assert_eq!(meanwhile["policies"]["logs-table-a"], document("a"));
        assert_eq!(meanwhile["policies"]["logs-table-b"], document("b"));
        let own = meanwhile["policies"]["own"]["Statement"].as_array().expect("statements");
        let resources: Vec<&Value> = own.iter().map(|statement| &statement["Resource"][0]).collect();
        assert_eq!(resources, ["c", "b"]);
        assert_eq!((&meanwhile["trust"], &meanwhile["tags"]), (&new["trust"], &new["tags"]));
    }

    #[test]
    fn nothing_stays_where_nothing_goes() {
        assert_eq!(IamRole::transition_properties(&role(&[("own", "a")]), &role(&[("own", "a"), ("more", "b")])), None);
    }

    #[test]
    fn oversized_combined_grants_change_at_once() {
        let long = "r".repeat(MAX_INLINE_POLICY_CHARS / 2);
        assert_eq!(IamRole::transition_properties(&role(&[("a", &long)]), &role(&[("b", &long)])), None);
        assert!(IamRole::transition_properties(&role(&[("a", "short")]), &role(&[("b", &long)])).is_some());
    }
}
