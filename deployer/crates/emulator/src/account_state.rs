//! State of all services in one account and Region.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::diff::Diff;
use crate::journaled::Journaled;
use crate::services;
use crate::shared::Shared;

/// Version of the stored form. Versions 1 and 2 are read and rewritten: version 1 had no journal, and the journal of version 2 held the
/// whole state of most services for each change. Any other version is rejected.
pub(crate) const VERSION: u32 = 3;

/// State of one account in one Region. A clone is cheap: it shares everything that neither copy has changed.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct AccountState {
    version: u32,
    /// Serial number of the last journal entry that the stored form includes.
    #[serde(default)]
    pub(crate) written: u64,
    /// Account ID.
    pub account: String,
    /// Region name.
    pub region: String,
    /// ACM certificates.
    pub acm: Shared<services::acm::State>,
    /// API Gateway REST APIs and domains.
    pub apigateway: Shared<services::apigateway::State>,
    /// Connect instances and their contents.
    pub connect: Shared<services::connect::State>,
    /// DynamoDB tables and items.
    pub dynamodb: Shared<services::dynamodb::State>,
    /// IAM roles.
    pub iam: Shared<services::iam::State>,
    /// Lambda functions.
    pub lambda: Shared<services::lambda::State>,
    /// CloudWatch log groups.
    pub logs: Shared<services::logs::State>,
    /// S3 buckets and objects.
    #[serde(default)]
    pub s3: Shared<services::s3::State>,
    /// Resource Groups Tagging index.
    #[serde(default)]
    pub tagging: Shared<services::tagging::State>,
}

impl AccountState {
    /// Returns an account without resources.
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

    /// Returns the names of the custom domains, for listings and certificates.
    pub fn api_domains(&self) -> Vec<String> {
        self.apigateway.domain_names()
    }

    /// Parses a stored state and returns it with the version of its form; the error says what is invalid.
    pub(crate) fn from_json(bytes: &[u8]) -> Result<(Self, u32), String> {
        let mut world: Self = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
        let version = std::mem::replace(&mut world.version, VERSION);
        if !(1..=VERSION).contains(&version) {
            return Err(format!("its version is {version}, this deployer reads {VERSION}, 2 and 1"));
        }
        Ok((world, version))
    }

    /// Returns what this draft has changed since it was taken from `before`, and clears the record of changes.
    pub(crate) fn changes(&mut self, before: &Self) -> Result<Option<Change>, String> {
        let change = Change {
            acm: tell(&mut self.acm, &before.acm)?,
            apigateway: tell(&mut self.apigateway, &before.apigateway)?,
            connect: tell(&mut self.connect, &before.connect)?,
            iam: tell(&mut self.iam, &before.iam)?,
            lambda: tell(&mut self.lambda, &before.lambda)?,
            tagging: tell(&mut self.tagging, &before.tagging)?,
            dynamodb: (!self.dynamodb.same(&before.dynamodb)).then(|| self.dynamodb.changes(&before.dynamodb)).flatten(),
            logs: (!self.logs.same(&before.logs)).then(|| self.logs.changes(&before.logs)).flatten(),
            s3: (!self.s3.same(&before.s3)).then(|| self.s3.changes(&before.s3)).flatten(),
        };
        change.check()?;
        Ok((!change.is_empty()).then_some(change))
    }

    /// Clears the record of changes for a state that is not written, and returns whether this draft may have changed anything.
    pub(crate) fn clear_dirty(&mut self, before: &Self) -> bool {
        let (dynamodb, logs, s3) = (&mut self.dynamodb, &mut self.logs, &mut self.s3);
        [
            clear_dirty(&mut self.acm, &before.acm),
            clear_dirty(&mut self.apigateway, &before.apigateway),
            clear_dirty(&mut self.connect, &before.connect),
            clear_dirty(&mut self.iam, &before.iam),
            clear_dirty(&mut self.lambda, &before.lambda),
            clear_dirty(&mut self.tagging, &before.tagging),
            !dynamodb.same(&before.dynamodb) && dynamodb.changes(&before.dynamodb).is_some(),
            !logs.same(&before.logs) && logs.changes(&before.logs).is_some(),
            !s3.same(&before.s3) && s3.changes(&before.s3).is_some(),
        ]
        .contains(&true)
    }

    /// Applies a change returned by [`changes`](Self::changes).
    pub(crate) fn replay(&mut self, change: Change) -> Result<(), String> {
        let Change { acm, apigateway, connect, iam, lambda, tagging, dynamodb, logs, s3 } = change;
        make("acm", &mut self.acm, acm)?;
        make("apigateway", &mut self.apigateway, apigateway)?;
        make("connect", &mut self.connect, connect)?;
        make("iam", &mut self.iam, iam)?;
        make("lambda", &mut self.lambda, lambda)?;
        make("tagging", &mut self.tagging, tagging)?;
        dynamodb.into_iter().for_each(|change| self.dynamodb.replay(change));
        logs.into_iter().for_each(|change| self.logs.replay(change));
        s3.into_iter().for_each(|change| self.s3.replay(change));
        Ok(())
    }
}

fn tell<T: Journaled>(state: &mut Shared<T>, before: &Shared<T>) -> Result<Option<Diff>, String> {
    if state.same(before) { Ok(None) } else { state.take_diff(before) }
}

fn clear_dirty<T: Journaled>(state: &mut Shared<T>, before: &Shared<T>) -> bool {
    let changed = !state.same(before);
    if changed {
        state.clear_dirty();
    }
    changed
}

fn make<T: Journaled>(service: &str, state: &mut Shared<T>, change: Option<Diff>) -> Result<(), String> {
    let Some(change) = change else { return Ok(()) };
    state.apply(change).map_err(|error| format!("{service}: {error}"))
}

/// Change made by one request, as the journal stores it: the diff of each service's state and, for DynamoDB, CloudWatch Logs and S3, the
/// items, events and object versions concerned.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Change {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    acm: Option<Diff>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    apigateway: Option<Diff>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    connect: Option<Diff>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    dynamodb: Option<services::dynamodb::Change>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    iam: Option<Diff>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    lambda: Option<Diff>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    tagging: Option<Diff>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    logs: Option<services::logs::Change>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    s3: Option<services::s3::Change>,
}

/// Services whose whole states were in the journal of version 2.
const WHOLE_IN_2: [&str; 6] = ["acm", "apigateway", "connect", "iam", "lambda", "tagging"];

/// Maximum nesting depth of a service's change: the reader of an entry accepts 127 levels.
const MAX_JSON_DEPTH: usize = 120;

impl Change {
    /// Rejects a change that could not be read back.
    fn check(&self) -> Result<(), String> {
        let reported = [&self.acm, &self.apigateway, &self.connect, &self.iam, &self.lambda, &self.tagging];
        match reported.into_iter().flatten().map(Diff::depth).max() {
            Some(depth) if depth > MAX_JSON_DEPTH => Err(format!(
                "what is nested {depth} levels deep is not written, because at most {MAX_JSON_DEPTH} could be read again"
            )),
            _ => Ok(()),
        }
    }

    fn is_empty(&self) -> bool {
        let Self { acm, apigateway, connect, iam, lambda, tagging, dynamodb, logs, s3 } = self;
        let reported = [acm, apigateway, connect, iam, lambda, tagging];
        reported.iter().all(|reported| reported.is_none()) && dynamodb.is_none() && logs.is_none() && s3.is_none()
    }

    /// Parses the changes of an entry that follows a state of this version.
    pub(crate) fn read(body: &[u8], version: u32) -> Result<Vec<Self>, String> {
        if version == VERSION {
            return serde_json::from_slice(body).map_err(|error| error.to_string());
        }
        let mut changes: Vec<Value> = serde_json::from_slice(body).map_err(|error| error.to_string())?;
        for service in WHOLE_IN_2 {
            for state in changes.iter_mut().filter_map(|change| change.get_mut(service)) {
                *state = serde_json::json!({"is": state.take()});
            }
        }
        changes.into_iter().map(crate::journaled::value).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn written_changes_can_be_read_at_any_depth() {
        let nested = |depth: usize| (0..depth).fold(Value::Null, |inner, _| serde_json::json!({ "a": inner }));
        let change = |depth| Change { connect: Some(Diff::Is(nested(depth))), ..Change::default() };
        let read = |depth| Change::read(&serde_json::to_vec(&[change(depth)]).expect("JSON"), VERSION);
        assert!(change(MAX_JSON_DEPTH - 1).check().is_ok() && read(MAX_JSON_DEPTH - 1).is_ok());
        assert!(change(MAX_JSON_DEPTH).check().is_err());
        assert!(read(MAX_JSON_DEPTH + 20).is_err(), "the reader has its limit, or there would be none to keep");
    }
}
