//! Everything that exists.

use serde::{Deserialize, Serialize};

use crate::services;
use crate::shared::Shared;

/// The version of the stored form. The one before, which had no journal beside it, is read and rewritten; any other is refused,
/// never guessed at.
const VERSION: u32 = 2;

/// One account in one Region. A clone costs next to nothing: it shares everything that neither of the two has changed.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct World {
    version: u32,
    /// In the stored form: the serial number of the journal's last entry that is in it.
    #[serde(default)]
    pub(crate) written: u64,
    /// The account's id.
    pub account: String,
    /// The Region.
    pub region: String,
    /// Certificates.
    pub acm: Shared<services::acm::State>,
    /// REST APIs and domains.
    pub apigateway: Shared<services::apigateway::State>,
    /// Instances and what is in them.
    pub connect: Shared<services::connect::State>,
    /// Tables and items.
    pub dynamodb: Shared<services::dynamodb::State>,
    /// Roles and sessions.
    pub iam: Shared<services::iam::State>,
    /// Functions.
    pub lambda: Shared<services::lambda::State>,
    /// Log groups.
    pub logs: Shared<services::logs::State>,
    /// Buckets and objects.
    #[serde(default)]
    pub s3: Shared<services::s3::State>,
    /// The index of tags.
    #[serde(default)]
    pub tagging: Shared<services::tagging::State>,
}

impl World {
    /// An account with nothing in it.
    pub fn empty(account: &str, region: &str) -> Self {
        Self {
            version: VERSION,
            written: 0,
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
            tagging: Default::default(),
        }
    }

    /// Reads a stored world, and whether its form is that of this version; the error says what is wrong.
    pub(crate) fn from_json(bytes: &[u8]) -> Result<(Self, bool), String> {
        let mut world: Self = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
        let current = world.version == VERSION;
        if !current && world.version != 1 {
            return Err(format!("its version is {}, this deployer reads {VERSION} and 1", world.version));
        }
        world.version = VERSION;
        Ok((world, current))
    }

    /// What this draft has changed of the world that it was taken from; it is told once.
    pub(crate) fn changes(&mut self, before: &Self) -> Option<Change> {
        let change = Change {
            acm: self.acm.changed_since(&before.acm),
            apigateway: self.apigateway.changed_since(&before.apigateway),
            connect: self.connect.changed_since(&before.connect),
            iam: self.iam.changed_since(&before.iam),
            lambda: self.lambda.changed_since(&before.lambda),
            tagging: self.tagging.changed_since(&before.tagging),
            dynamodb: (!self.dynamodb.same(&before.dynamodb)).then(|| self.dynamodb.changes(&before.dynamodb)).flatten(),
            logs: (!self.logs.same(&before.logs)).then(|| self.logs.changes(&before.logs)).flatten(),
            s3: (!self.s3.same(&before.s3)).then(|| self.s3.changes(&before.s3)).flatten(),
        };
        let Change { acm, apigateway, connect, iam, lambda, tagging, dynamodb, logs, s3 } = &change;
        let wholes = [acm.is_some(), apigateway.is_some(), connect.is_some(), iam.is_some(), lambda.is_some(), tagging.is_some()];
        let parts = [dynamodb.is_some(), logs.is_some(), s3.is_some()];
        (wholes.contains(&true) || parts.contains(&true)).then_some(change)
    }

    /// Makes a change that was told by [`changes`](Self::changes).
    pub(crate) fn replay(&mut self, change: Change) {
        let Change { acm, apigateway, connect, iam, lambda, tagging, dynamodb, logs, s3 } = change;
        replace(&mut self.acm, acm);
        replace(&mut self.apigateway, apigateway);
        replace(&mut self.connect, connect);
        replace(&mut self.iam, iam);
        replace(&mut self.lambda, lambda);
        replace(&mut self.tagging, tagging);
        dynamodb.into_iter().for_each(|change| self.dynamodb.replay(change));
        logs.into_iter().for_each(|change| self.logs.replay(change));
        s3.into_iter().for_each(|change| self.s3.replay(change));
    }
}

fn replace<T>(state: &mut Shared<T>, changed: Option<Shared<T>>) {
    if let Some(changed) = changed {
        *state = changed;
    }
}

/// What one call has changed, as the journal holds it: the state of each service that is another one now, whole where it is
/// small, and only the items, events and objects concerned where it may be large.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Change {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    acm: Option<Shared<services::acm::State>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    apigateway: Option<Shared<services::apigateway::State>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    connect: Option<Shared<services::connect::State>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    dynamodb: Option<services::dynamodb::Change>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    iam: Option<Shared<services::iam::State>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    lambda: Option<Shared<services::lambda::State>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    tagging: Option<Shared<services::tagging::State>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    logs: Option<services::logs::Change>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    s3: Option<services::s3::Change>,
}
