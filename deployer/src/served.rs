//! The embedded AWS that another process serves: how that process publishes its address and key, and how others find them.

use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::time::Duration;

use deployer_emulator::AccessKey;

use crate::failure::Failure;
use crate::files;
use crate::project::Project;

/// The connection parameters of an embedded AWS in another process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ServedEndpoint {
    /// Address that it listens on.
    pub(crate) address: SocketAddr,
    /// Whether it throttles at AWS's rates, so that calls have to be rate-limited.
    pub(crate) quotas: bool,
    /// Access key that requests must be signed with, if one is required.
    pub(crate) access_key: Option<AccessKey>,
}

/// A file with the address of the served environment for other commands, deleted on drop.
pub(crate) struct EndpointFile(PathBuf);

/// Name of the profile in the AWS CLI configuration file.
pub(crate) const PROFILE: &str = "embedded";

/// An AWS client configuration file with the key, the Region and the endpoint, deleted on drop.
pub(crate) struct Profile(PathBuf);

impl Profile {
    /// Returns the path of the file.
    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    pub(crate) fn write(directory: &Path, key: &AccessKey, region: &str, address: SocketAddr) -> Result<Self, Failure> {
        let path = directory.join("credentials");
        let text = format!(
            "[profile {PROFILE}]\naws_access_key_id = {}\naws_secret_access_key = {}\nregion = {region}\nendpoint_url = http://{address}\n",
            key.id, key.secret
        );
        files::write_privately(&path, text.as_bytes())?;
        Ok(Self(path))
    }

    /// Reads the key from the file.
    fn key(directory: &Path) -> Option<AccessKey> {
        let text = files::read_text(&directory.join("credentials"), files::MAX_TEXT_BYTES).ok()?;
        let value = |name: &str| text.lines().find_map(|line| Some(line.strip_prefix(name)?.strip_prefix(" = ")?.to_owned()));
        Some(AccessKey { id: value("aws_access_key_id")?, secret: value("aws_secret_access_key")? })
    }
}

impl Drop for Profile {
    fn drop(&mut self) {
        // The key is no longer valid.
        let _ = std::fs::remove_file(&self.0);
    }
}

/// Suffix after the address of an embedded AWS that throttles.
const QUOTAS: &str = "quotas";
/// Suffix after the address of an embedded AWS that requires signed requests.
const CREDENTIALS: &str = "credentials";

impl EndpointFile {
    fn path(project: &Project) -> PathBuf {
        project.embedded_directory().join("served")
    }

    pub(crate) fn write(project: &Project, served: &ServedEndpoint) -> Result<Self, Failure> {
        let path = Self::path(project);
        let key = if served.access_key.is_some() { CREDENTIALS } else { "" };
        let text = format!("{} {} {key}", served.address, if served.quotas { QUOTAS } else { "" });
        std::fs::write(&path, text.trim_end()).map_err(|error| Failure::io(&path, error))?;
        Ok(Self(path))
    }
}

impl Drop for EndpointFile {
    fn drop(&mut self) {
        // A stale file is detected because its address does not respond.
        let _ = std::fs::remove_file(&self.0);
    }
}

/// Returns the address at which another process serves the environment, if it responds.
pub(crate) fn served_address(project: &Project) -> Option<ServedEndpoint> {
    let note = std::fs::read_to_string(EndpointFile::path(project)).ok()?;
    let mut words = note.split_whitespace();
    let address: SocketAddr = words.next()?.parse().ok()?;
    let words: Vec<&str> = words.collect();
    let quotas = words.contains(&QUOTAS);
    let access_key = match words.contains(&CREDENTIALS) {
        true => Some(Profile::key(&project.embedded_directory())?),
        false => None,
    };
    let answers = address.ip().is_loopback() && TcpStream::connect_timeout(&address, Duration::from_secs(1)).is_ok();
    answers.then_some(ServedEndpoint { address, quotas, access_key })
}
