//! Flow modules.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use time::OffsetDateTime;

use super::content::Content;
use super::version::Version;
use crate::persistent_map::PersistentMap;
use crate::stored::stored;

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Module {
    pub(crate) id: String,
    pub(crate) arn: String,
    pub(crate) name: String,
    pub(crate) description: Option<String>,
    pub(crate) active: bool,
    /// Content that flows run.
    pub(crate) published: Content,
    /// Saved, unpublished content.
    pub(crate) draft: Option<Content>,
    pub(crate) settings: Option<String>,
    pub(crate) tags: BTreeMap<String, String>,
    /// Client token and input of the creation request.
    pub(crate) token: Option<(String, Value)>,
    #[serde(default)]
    pub(crate) versions: PersistentMap<u64, Version>,
    /// Highest version number ever created.
    pub(crate) newest: u64,
    /// Aliases by id.
    pub(crate) aliases: BTreeMap<String, Alias>,
}

stored!(Module: versions);

/// An alias of a flow module version.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Alias {
    pub(crate) name: String,
    pub(crate) description: Option<String>,
    pub(crate) version: u64,
    pub(crate) modified: OffsetDateTime,
}
