//! A process that serves a directory until it is killed.

use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use deployer_emulator::server::listener::listen;

use crate::support::wire::open;

/// Environment variable with the directory of the serving child.
const DIRECTORY: &str = "DEPLOYER_TEST_SERVED_DIRECTORY";

/// Helper that [`serve`] starts in a process of its own; not a test by itself.
#[test]
#[ignore = "serves a directory until it is killed; other tests start it"]
fn serve_until_killed() {
    let Some(directory) = std::env::var_os(DIRECTORY) else { return };
    let directory = Path::new(&directory);
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let listener = listen(open(directory).expect("opens"), 0).await.expect("listens");
        let unfinished = directory.join("address-new");
        std::fs::write(&unfinished, listener.address.to_string()).expect("written");
        std::fs::rename(&unfinished, directory.join("address")).expect("renamed");
        std::future::pending::<()>().await;
    });
}

/// A server process; killed when dropped.
pub(crate) struct Served(Child);

impl Drop for Served {
    fn drop(&mut self) {
        // On Unix this is SIGKILL, which no process can handle.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts the process, and returns its address.
pub(crate) async fn serve(directory: &Path) -> (Served, SocketAddr) {
    start(Command::new(std::env::current_exe().expect("this binary")), directory).await
}

/// Starts the process with a maximum size in KiB of every file, beyond which writes fail as on a full disk.
#[cfg(unix)]
pub(crate) async fn serve_within(directory: &Path, kilobytes: u32) -> (Served, SocketAddr) {
    let mut command = Command::new("sh");
    // POSIX counts in blocks of 512 bytes.
    let limited = format!("trap '' XFSZ; ulimit -f {}; exec \"$0\" \"$@\"", 2 * kilobytes);
    command.args(["-c", &limited]).arg(std::env::current_exe().expect("this binary"));
    start(command, directory).await
}

async fn start(mut command: Command, directory: &Path) -> (Served, SocketAddr) {
    let address = directory.join("address");
    let _ = std::fs::remove_file(&address);
    command.args(["--exact", "support::served::serve_until_killed", "--ignored"]).env(DIRECTORY, directory);
    let child = command.stdout(Stdio::null()).stderr(Stdio::inherit()).spawn().expect("started");
    let mut served = Served(child);
    loop {
        if let Ok(text) = std::fs::read_to_string(&address) {
            return (served, text.parse().expect("an address"));
        }
        assert!(served.0.try_wait().expect("asked").is_none(), "it could not open what the last one left");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
