//! Errors of the embedded AWS itself, as opposed to those of its services.

use std::path::PathBuf;

/// An error of opening or storing the embedded AWS.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// A file of the store cannot be read or written.
    #[error("{path}: {source}", path = path.display())]
    Io {
        /// Path of the file.
        path: PathBuf,
        /// Error of the operating system.
        source: std::io::Error,
    },
    /// Another process has this store open.
    #[error("{path} is in use by another deployer process; wait for it to end", path = path.display())]
    InUse {
        /// Path of the lock file.
        path: PathBuf,
    },
    /// The stored state cannot be parsed.
    #[error(
        "{path} is not a state that this version can read: {reason}. Move its directory away to start with an empty AWS",
        path = path.display()
    )]
    Unreadable {
        /// Path of the file.
        path: PathBuf,
        /// Description of the error.
        reason: String,
    },
    /// The directory holds function code or other Regions, but no state.
    #[error(
        "{path} is missing, and {directory} holds what belongs to it; put the file back, or move the directory away to start with an empty \
         AWS",
        path = path.display(),
        directory = directory.display()
    )]
    Missing {
        /// Path of the file.
        path: PathBuf,
        /// Path of the directory.
        directory: PathBuf,
    },
    /// An earlier version has stored a state in the directory.
    #[error(
        "{directory} holds an embedded AWS in the form of an earlier version, which this version does not read; move the directory away or \
         delete it to start with an empty AWS",
        directory = directory.display()
    )]
    OlderForm {
        /// Path of the directory.
        directory: PathBuf,
    },
    /// A file does not contain what was written.
    #[error(
        "{path} is damaged at byte {place}: {reason}. To keep what was written before, cut it off there (`truncate -s {place} {path}`), \
         which gives up what came after; or move the directory away to start with an empty AWS",
        path = path.display()
    )]
    Damaged {
        /// Path of the file.
        path: PathBuf,
        /// Byte offset of the damage.
        place: usize,
        /// Description of the damage.
        reason: String,
    },
    /// A listener cannot be opened or fails.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// Address.
        address: String,
        /// Error of the operating system.
        source: std::io::Error,
    },
    /// The request cannot be served in the current state.
    #[error("{0}")]
    State(String),
}
