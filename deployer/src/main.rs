//! The command line of `deployer`.

mod assets;
mod bounded;
mod commands;
mod failure;
mod files;
mod functions;
mod network;
mod output;
mod project;
mod report;
mod review;
mod runtime;
mod secrets;
mod served;

fn main() -> std::process::ExitCode {
    commands::run(std::env::args_os())
}
