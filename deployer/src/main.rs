//! The command line of `deployer`.

mod commands;
mod failure;
mod functions;
mod network;
mod project;
mod recordings;
mod report;
mod secrets;
mod wiring;

fn main() -> std::process::ExitCode {
    commands::run(std::env::args_os())
}
