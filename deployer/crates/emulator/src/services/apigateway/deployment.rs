//! Deployments: snapshots of the API tree.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use time::OffsetDateTime;

use super::patch::{Kind, Row};
use super::tree::Tree;
use super::{compact, epoch, missing, tree};
use crate::error::AwsError;
use crate::shared::Shared;
use crate::stored::stored;

/// A deployment, which stages serve.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Deployment {
    pub(crate) id: String,
    pub(crate) description: Option<String>,
    pub(crate) created: OffsetDateTime,
    pub(crate) snapshot: Shared<Snapshot>,
}

stored!(Deployment);

/// Snapshot of an API.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Snapshot {
    pub(crate) tree: Tree,
    pub(crate) binary_media_types: Vec<String>,
}

pub(super) const PATCHES: &[Row] = &[Row("replace", "/description", Kind::Text)];

impl Deployment {
    pub(super) fn describe(&self, summary: bool) -> Value {
        let mut shape = compact(json!({"id": self.id, "description": self.description, "createdDate": epoch(self.created)}));
        if summary {
            shape["apiSummary"] = tree::summary(&self.snapshot.tree);
        }
        shape
    }
}

pub(super) fn unknown() -> AwsError {
    missing("Invalid Deployment identifier specified")
}
