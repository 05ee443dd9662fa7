//! The command line of `deployer`.

mod bounded;
mod commands;
mod existing;
mod failure;
mod files;
mod functions;
mod instance_names;
mod network;
mod output;
mod project;
mod recordings;
mod report;
mod review;
mod runtime;
mod secrets;
mod served;

fn main() -> std::process::ExitCode {
    commands::run(std::env::args_os())
}
