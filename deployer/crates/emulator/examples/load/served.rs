//! The process that receives the load and is killed at the end.

use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use deployer_emulator::server::api::serve_apis;
use deployer_emulator::server::listener::listen;

use crate::Failure;
use crate::wire::open;

/// Serves a directory until it is killed.
pub(crate) async fn serve(directory: &Path) -> Result<(), Failure> {
    let emulator = open(directory)?;
    let (listener, apis) = (listen(Arc::clone(&emulator), 0).await?, serve_apis(emulator, 0).await?);
    let unfinished = directory.join("address-new");
    std::fs::write(&unfinished, format!("{} {}", listener.address, apis.address))?;
    std::fs::rename(&unfinished, directory.join("address"))?;
    std::future::pending().await
}

/// A server process; killed when dropped.
pub(crate) struct Served {
    child: Child,
    /// Address of the AWS endpoint.
    pub(crate) address: SocketAddr,
    /// Address of the deployed API, over TLS.
    pub(crate) apis: SocketAddr,
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Served {
    /// Starts the process.
    pub(crate) async fn start(directory: &Path) -> Result<Self, Failure> {
        let address = directory.join("address");
        let _ = std::fs::remove_file(&address);
        let mut command = Command::new(std::env::current_exe()?);
        let mut child = command.arg("serve").arg(directory).stdout(Stdio::null()).spawn()?;
        loop {
            if let Ok(text) = std::fs::read_to_string(&address) {
                let (address, apis) = text.split_once(' ').ok_or("no two addresses")?;
                return Ok(Self { child, address: address.parse()?, apis: apis.parse()? });
            }
            if let Some(status) = child.try_wait()? {
                return Err(format!("the process that should serve ended: {status}").into());
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Returns the number of bytes that it has written to disk so far, if the system reports it (Linux).
    pub(crate) fn written(&self) -> Option<u64> {
        let reported = std::fs::read_to_string(format!("/proc/{}/io", self.child.id())).ok()?;
        reported.lines().find_map(|line| line.strip_prefix("write_bytes: "))?.parse().ok()
    }
}
