//! Notes for the reader of a converted flow.

use serde::Serialize;

use crate::path::Path;
use crate::source_map::Position;

/// A note for the reader of the converted flow.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Note {
    /// Subject of the note.
    pub kind: NoteKind,
    /// Place in the old document: `modules[2].parameters[0]`.
    #[serde(serialize_with = "as_text")]
    pub path: Path,
    /// Line and column of that place.
    #[serde(flatten)]
    pub at: Position,
    /// Text of the note.
    pub text: String,
}

/// The subject of a [`Note`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum NoteKind {
    /// The block cannot be converted.
    NotConverted,
    /// A part of the block has no equivalent in the action. It is kept in the action's Metadata.
    NotCarriedOver,
    /// The old document does not define a value, so this one was assumed.
    Assumed,
}

impl Note {
    /// Whether the flow behaves differently from the old document here.
    #[must_use]
    pub fn loses_meaning(&self) -> bool {
        self.kind != NoteKind::Assumed
    }
}

fn as_text<S: serde::Serializer>(path: &Path, out: S) -> Result<S::Ok, S::Error> {
    out.collect_str(path)
}
