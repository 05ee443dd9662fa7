//! Functions, their versions and aliases, and their descriptions.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::macros::format_description;

use super::resource_policy::Policy;
use crate::persistent_map::PersistentMap;
use crate::stored::stored;

/// ID of the VPC that every subnet is in: the embedded AWS has no networks.
const VPC: &str = "vpc-0123456789abcdef0";

/// Name of the unpublished version.
pub(crate) const LATEST: &str = "$LATEST";

/// A function with everything that is deleted with it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Function {
    pub(crate) name: String,
    pub(crate) arn: String,
    pub(crate) latest: Configuration,
    /// Configuration that runs while an update of `latest` is in progress.
    pub(crate) previous: Option<Box<Configuration>>,
    #[serde(default)]
    pub(crate) versions: PersistentMap<u64, Configuration>,
    pub(crate) next_version: u64,
    pub(crate) aliases: BTreeMap<String, Alias>,
    /// Resource policies, by qualifier; the unqualified one is under "".
    pub(crate) policies: BTreeMap<String, Policy>,
    pub(crate) tags: BTreeMap<String, String>,
    pub(crate) reserved: Option<u32>,
    /// Time at which the name becomes free again, set once deletion has begun.
    pub(crate) deleted_at: Option<OffsetDateTime>,
}

stored!(Function: versions);

/// Settings and code of one version.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Configuration {
    pub(crate) version: String,
    pub(crate) runtime: String,
    pub(crate) role: String,
    pub(crate) handler: String,
    pub(crate) description: String,
    pub(crate) timeout: u32,
    pub(crate) memory: u32,
    pub(crate) environment: BTreeMap<String, String>,
    pub(crate) architecture: String,
    pub(crate) ephemeral: u32,
    pub(crate) tracing: String,
    pub(crate) logging: Logging,
    #[serde(default)]
    pub(crate) layers: Vec<String>,
    /// IDs of subnets and of security groups.
    #[serde(default)]
    pub(crate) network: Option<Network>,
    #[serde(default)]
    pub(crate) dead_letter: Option<String>,
    pub(crate) code: Code,
    pub(crate) modified: OffsetDateTime,
    pub(crate) revision: String,
    /// End of the `Pending` state.
    pub(crate) active_at: OffsetDateTime,
    /// End of the `InProgress` update status.
    pub(crate) updated_at: OffsetDateTime,
}

stored!(Configuration);

/// Logging configuration of a function.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Logging {
    pub(crate) format: String,
    pub(crate) application_level: Option<String>,
    pub(crate) system_level: Option<String>,
    pub(crate) group: String,
}

/// Network of a function.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Network {
    pub(crate) subnets: Vec<String>,
    pub(crate) security_groups: Vec<String>,
    #[serde(default)]
    pub(crate) ipv6: bool,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Code {
    /// The SHA-256 of the zip, base64.
    pub(crate) sha256: String,
    /// Size of the zip, in bytes.
    pub(crate) size: u64,
}

/// An alias of a version.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Alias {
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) description: String,
    pub(crate) weights: BTreeMap<String, f64>,
    pub(crate) revision: String,
}

impl Function {
    /// Returns the ARN with a qualifier, or the unqualified one.
    pub(crate) fn qualified(&self, qualifier: Option<&str>) -> String {
        qualifier.map_or_else(|| self.arn.clone(), |qualifier| format!("{}:{qualifier}", self.arn))
    }

    /// Returns the version of a qualifier, which may be an alias.
    pub(crate) fn version(&self, qualifier: Option<&str>) -> Option<&Configuration> {
        match qualifier {
            None | Some(LATEST) => Some(&self.latest),
            Some(name) => match self.aliases.get(name) {
                Some(alias) if alias.version == LATEST => Some(&self.latest),
                Some(alias) => self.versions.get(&alias.version.parse().ok()?),
                None => self.versions.get(&name.parse().ok()?),
            },
        }
    }

    /// Returns the settings of every version, `$LATEST` first.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Configuration> {
        std::iter::once(&self.latest).chain(self.versions.values()).chain(self.previous.as_deref())
    }
}

impl Configuration {
    /// Returns `Pending` or `Active` (API reference, FunctionConfiguration).
    pub(crate) fn state(&self, now: OffsetDateTime) -> &'static str {
        if now < self.active_at { "Pending" } else { "Active" }
    }

    /// Whether a creation or update is in progress, so that changes are refused.
    pub(crate) fn busy(&self, now: OffsetDateTime) -> bool {
        now < self.active_at || now < self.updated_at
    }

    /// Returns the `FunctionConfiguration` shape; `arn` is qualified as in the request. Lists omit the states.
    pub(crate) fn describe(&self, name: &str, arn: &str, states: Option<OffsetDateTime>) -> Value {
        let mut logging = json!({"LogFormat": self.logging.format, "LogGroup": self.logging.group});
        for (member, level) in
            [("ApplicationLogLevel", &self.logging.application_level), ("SystemLogLevel", &self.logging.system_level)]
        {
            if let Some(level) = level {
                logging[member] = json!(level);
            }
        }
        let mut shape = json!({
            "FunctionName": name, "FunctionArn": arn, "Runtime": self.runtime, "Role": self.role, "Handler": self.handler,
            "CodeSize": self.code.size, "Description": self.description, "Timeout": self.timeout, "MemorySize": self.memory,
            "LastModified": timestamp(self.modified), "CodeSha256": self.code.sha256, "Version": self.version,
            "TracingConfig": {"Mode": self.tracing}, "RevisionId": self.revision, "PackageType": "Zip",
            "Architectures": [self.architecture], "EphemeralStorage": {"Size": self.ephemeral},
            "SnapStart": {"ApplyOn": "None", "OptimizationStatus": "Off"}, "LoggingConfig": logging,
        });
        if !self.environment.is_empty() {
            shape["Environment"] = json!({"Variables": self.environment});
        }
        if !self.layers.is_empty() {
            let layers: Vec<Value> = self.layers.iter().map(|arn| json!({"Arn": arn})).collect();
            shape["Layers"] = json!(layers);
        }
        if let Some(network) = &self.network {
            shape["VpcConfig"] = json!({"SubnetIds": network.subnets, "SecurityGroupIds": network.security_groups, "VpcId": VPC,
                                        "Ipv6AllowedForDualStack": network.ipv6});
        }
        if let Some(target) = &self.dead_letter {
            shape["DeadLetterConfig"] = json!({"TargetArn": target});
        }
        if let Some(now) = states {
            shape["State"] = json!(self.state(now));
            if now < self.active_at {
                shape["StateReason"] = json!("The function is being created.");
                shape["StateReasonCode"] = json!("Creating");
            }
            shape["LastUpdateStatus"] = json!(if self.busy(now) { "InProgress" } else { "Successful" });
            if self.busy(now) {
                shape["LastUpdateStatusReason"] = json!("The function is being created.");
                shape["LastUpdateStatusReasonCode"] = json!("Creating");
            }
        }
        shape
    }
}

/// Returns a time in this service's format: `2026-11-23T10:00:00.000+0000`.
pub(crate) fn timestamp(moment: OffsetDateTime) -> String {
    let format = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]+0000");
    moment.to_offset(time::UtcOffset::UTC).format(format).unwrap_or_default()
}
