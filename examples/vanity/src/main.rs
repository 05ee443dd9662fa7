//! The program that `config/ENV.yaml` names.

use std::process::ExitCode;

fn main() -> ExitCode {
    deployer_app::app(vanity_app::declare)
}
