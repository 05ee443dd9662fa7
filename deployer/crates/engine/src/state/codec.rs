//! Serialization of a state: strict, with a digest of the whole file.

use serde_json::Value;
use sha2::{Digest, Sha256};

use super::check::damaged;
use super::{EnvironmentId, FORMAT, State};
use crate::error::{Error, ErrorClass, Result};

/// Placeholder for the digest while the digest is computed.
const DIGEST_PLACEHOLDER: &str = "0000000000000000000000000000000000000000000000000000000000000000";

impl State {
    /// Serializes the state as its file, in [`FORMAT`] and with its digest.
    ///
    /// # Errors
    /// [`ErrorClass::Local`] if it cannot be written as JSON.
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        let blank = Self { format: FORMAT, digest: DIGEST_PLACEHOLDER.to_owned(), ..self.clone() };
        let mut text = serde_json::to_string_pretty(&blank)
            .map_err(|error| Error::local(format!("the state cannot be written as JSON: {error}")))?;
        text.push('\n');
        // Only the format precedes the digest, so the first match is the digest's position.
        Ok(text.replacen(DIGEST_PLACEHOLDER, &digest(&text), 1).into_bytes())
    }

    /// Parses a state strictly. `place` is the source of the bytes, for messages.
    ///
    /// # Errors
    /// [`ErrorClass::State`] if it is truncated, damaged in a single byte, contradicts itself, is of another format, or of another project,
    /// environment, account or region. The message names the location, the help says what to do.
    pub fn parse(bytes: &[u8], site: &EnvironmentId, place: &str) -> Result<Self> {
        let (mut state, whole) = Self::read(bytes, site, place)?;
        if !whole {
            let what = "is damaged: its digest is not that of its content, so something was changed after it was written";
            return Err(damaged(place, what));
        }
        state.digest.clear();
        Ok(state)
    }

    /// Parses a state that may have been edited: as [`State::parse`], but the digest may be wrong.
    ///
    /// # Errors
    /// As [`State::parse`], without those about the digest.
    pub fn parse_unverified(bytes: &[u8], site: &EnvironmentId, place: &str) -> Result<Self> {
        let (mut state, _) = Self::read(bytes, site, place)?;
        state.digest.clear();
        Ok(state)
    }

    /// Returns the state, and whether its digest is correct.
    fn read(bytes: &[u8], site: &EnvironmentId, place: &str) -> Result<(Self, bool)> {
        let value: Value = serde_json::from_slice(bytes).map_err(|error| broken(place, &error))?;
        check_format(&value, place)?;
        let state: Self = serde_json::from_slice(bytes).map_err(|error| broken(place, &error))?;
        state.check_content(place)?;
        state.check_environment(site, place)?;
        let whole = std::str::from_utf8(bytes).is_ok_and(|text| holds(text, &state.digest));
        Ok((state, whole))
    }
}

fn digest(text: &str) -> String {
    hex::encode(Sha256::digest(text))
}

fn holds(text: &str, claimed: &str) -> bool {
    claimed.len() == DIGEST_PLACEHOLDER.len() && digest(&text.replacen(claimed, DIGEST_PLACEHOLDER, 1)) == claimed
}

fn broken(place: &str, error: &serde_json::Error) -> Error {
    let what = if error.is_eof() { "is cut off" } else { "is damaged" };
    damaged(place, &format!("{what}: {error}"))
}

fn check_format(value: &Value, place: &str) -> Result<()> {
    match value.get("format").and_then(Value::as_u64) {
        Some(FORMAT) => Ok(()),
        Some(newer) if newer > FORMAT => {
            let message = format!("the state {place} has format {newer}; this version of deployer knows up to {FORMAT}");
            Err(Error::new(ErrorClass::State, message)
                .with_help("use the version of deployer that wrote it, or a newer one. It was not changed"))
        }
        Some(older) if older > 0 => {
            let message = format!(
                "the state {place} has format {older}, of an earlier version; this version of deployer reads only {FORMAT}"
            );
            Err(Error::new(ErrorClass::State, message).with_help(
                "finish any interrupted run with the version that wrote it, then `deployer state rebuild --force` with this one",
            ))
        }
        _ => Err(damaged(place, "is damaged: it has no known \"format\"")),
    }
}
