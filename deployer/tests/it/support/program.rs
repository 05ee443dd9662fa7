//! The built program as a shell runs it, and its test inputs.

use std::path::Path;
use std::process::{Command, Output, Stdio};

/// Returns a command of the program in this directory, without a terminal.
pub(crate) fn command(directory: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_deployer"));
    command.args(arguments).current_dir(directory).stdin(Stdio::null());
    const REMOVED: &[&str] = &[
        "DEPLOYER_ENV",
        "DEPLOYER_LOG",
        "COLUMNS",
        "CLICOLOR_FORCE",
        "NO_COLOR",
        "GITHUB_ACTIONS",
        "GITHUB_STEP_SUMMARY",
        "GITHUB_ACTOR",
        "GITHUB_RUN_ID",
        "GITHUB_SHA",
        "GITLAB_USER_LOGIN",
        "CI_JOB_URL",
        "BUILD_URL",
        "CIRCLE_BUILD_URL",
        "BUILDKITE_BUILD_URL",
    ];
    for name in REMOVED {
        command.env_remove(name);
    }
    command
}

pub(crate) fn run(directory: &Path, arguments: &[&str]) -> Output {
    command(directory, arguments).output().expect("the program runs")
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Writes a file of a project, and creates its parent directories.
pub(crate) fn write(project: &Path, name: &str, bytes: impl AsRef<[u8]>) {
    let path = project.join(name);
    std::fs::create_dir_all(path.parent().expect("it has one")).expect("a directory can be made");
    std::fs::write(path, bytes).expect("a file can be written");
}

/// Returns a WAV file of 8 kHz μ-law with this sound.
pub(crate) fn wav(sound: &[u8]) -> Vec<u8> {
    let length = u32::try_from(sound.len()).expect("short");
    let mut bytes = [b"RIFF".as_slice(), &(36 + length).to_le_bytes(), b"WAVEfmt ", &16u32.to_le_bytes()].concat();
    bytes.extend([7u16, 1].map(u16::to_le_bytes).concat());
    bytes.extend([8_000u32, 8_000].map(u32::to_le_bytes).concat());
    bytes.extend([1u16, 8].map(u16::to_le_bytes).concat());
    bytes.extend([b"data".as_slice(), &length.to_le_bytes(), sound].concat());
    bytes
}
