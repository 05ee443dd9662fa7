//! Everything that exists.

use serde::{Deserialize, Serialize};

use crate::services;

/// The version of the stored form. A world of another version is refused, never guessed at.
const VERSION: u32 = 1;

/// One account in one Region.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct World {
    version: u32,
    /// The account's id.
    pub account: String,
    /// The Region.
    pub region: String,
    /// Certificates.
    pub acm: services::acm::State,
    /// REST APIs and domains.
    pub apigateway: services::apigateway::State,
    /// Instances and what is in them.
    pub connect: services::connect::State,
    /// Tables and items.
    pub dynamodb: services::dynamodb::State,
    /// Roles and sessions.
    pub iam: services::iam::State,
    /// Functions.
    pub lambda: services::lambda::State,
    /// Log groups.
    pub logs: services::logs::State,
    /// Buckets and objects.
    #[serde(default)]
    pub s3: services::s3::State,
}

impl World {
    /// An account with nothing in it.
    pub fn empty(account: &str, region: &str) -> Self {
        Self {
            version: VERSION,
            account: account.to_owned(),
            region: region.to_owned(),
            acm: Default::default(),
            apigateway: Default::default(),
            connect: Default::default(),
            dynamodb: Default::default(),
            iam: Default::default(),
            lambda: Default::default(),
            logs: Default::default(),
            s3: Default::default(),
        }
    }

    /// Reads a stored world; the error says what is wrong.
    pub(crate) fn from_json(bytes: &[u8]) -> Result<Self, String> {
        let world: Self = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
        if world.version != VERSION {
            return Err(format!("its version is {}, this deployer reads {VERSION}", world.version));
        }
        Ok(world)
    }
}
