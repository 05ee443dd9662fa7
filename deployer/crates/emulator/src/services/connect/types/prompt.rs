//! Prompts.

use serde::{Deserialize, Serialize};

/// The recording of a prompt.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Prompt {
    /// Digest of the recording; `None` for prompts that come with an instance.
    pub(crate) sha256: Option<String>,
}
