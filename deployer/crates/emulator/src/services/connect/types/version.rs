//! Versions of flows and flow modules.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::content::Content;
use crate::stored::stored;

/// A version of a flow module.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Version {
    pub(crate) content: Content,
    pub(crate) description: Option<String>,
    pub(crate) made: OffsetDateTime,
}

stored!(Version);
