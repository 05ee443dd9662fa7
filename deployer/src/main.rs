//! The command line of `deployer`.

mod bounded;
mod commands;
mod documents;
mod failure;
mod files;
mod functions;
mod modules;
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
