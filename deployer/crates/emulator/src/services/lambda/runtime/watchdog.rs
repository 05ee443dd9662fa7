//! Ends a function's processes when this process cannot: no child process survives a SIGKILL of this process.

use std::process::Stdio;

use tokio::process::{Child, ChildStdin, Command};

/// Waits for a line that never comes: this process alone holds the other end of the pipe, so the pipe closes when this process
/// ends, for whatever reason. Then the process group is killed.
const WAIT: &str = r#"read -r line || kill -s KILL -- "-$1""#;

/// A shell that briefly outlives this process. Dropping it cancels the watchdog.
pub(super) struct Watchdog {
    // Dropped, and thereby killed, before the pipe closes.
    _shell: Child,
    _pipe: Option<ChildStdin>,
}

impl Watchdog {
    /// Starts a watchdog for a process group; `None` if there is no shell.
    pub(super) fn for_process_group(group: u32) -> Option<Self> {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", WAIT, "guard", &group.to_string()]).stdin(Stdio::piped()).stdout(Stdio::null());
        command.env_clear().stderr(Stdio::null()).kill_on_drop(true);
        // The shell is in its own process group: a terminal signal that ends this process must not end the shell first.
        #[cfg(unix)]
        command.process_group(0);
        let mut shell = command.spawn().ok()?;
        let pipe = shell.stdin.take();
        Some(Self { _shell: shell, _pipe: pipe })
    }
}
