//! Ends a function's processes where this process can no longer do so: after a SIGKILL nothing that it started goes on.

use std::process::Stdio;

use tokio::process::{Child, ChildStdin, Command};

/// Waits for a line. None comes: the other end of the pipe is this process's alone, so the pipe ends when this process does,
/// however it ends. Then the process group goes too.
const WAIT: &str = r#"read -r line || kill -s KILL -- "-$1""#;

/// A shell that outlives this process by the moment that it needs. Dropping it calls it off.
pub(super) struct Watchdog {
    // Killed before the pipe ends.
    _shell: Child,
    _pipe: Option<ChildStdin>,
}

impl Watchdog {
    /// Guards a process group; `None` where there is no shell.
    pub(super) fn over(group: u32) -> Option<Self> {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", WAIT, "guard", &group.to_string()]).stdin(Stdio::piped()).stdout(Stdio::null());
        command.env_clear().stderr(Stdio::null()).kill_on_drop(true);
        // Not of this terminal's group: what ends this process from there must not end the shell first.
        #[cfg(unix)]
        command.process_group(0);
        let mut shell = command.spawn().ok()?;
        let pipe = shell.stdin.take();
        Some(Self { _shell: shell, _pipe: pipe })
    }
}
