//! The commands, one file each.

mod apply;
mod bootstrap;
mod build;
mod call;
mod check;
mod confirm;
mod destroy;
mod flow;
mod forget_caller;
mod local;
mod outputs;
mod args;
mod plan;
mod policy;
mod state;
mod unlock;
mod vanity;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::failure::{Exit, Failure};
use crate::report::{Format, Style};

pub(crate) use local::served_at;

/// Infrastructure as code for voice applications on Amazon Connect.
///
/// Exit codes: 0 done or nothing to do; 1 the run failed; 2 the input is wrong and nothing was touched; 3 refused (not
/// confirmed, wrong account, not ours, in use by another run); 4 `plan --exit-code` or `flow diff` found changes; 130 interrupted.
#[derive(Debug, Parser)]
#[command(name = "deployer", version, propagate_version = true, disable_help_subcommand = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Check the spec and the contact flows; touches nothing and needs no AWS.
    Check(check::Args),
    /// Create what the first run of an environment needs: the bucket for its state and, with --github, the roles of a pipeline.
    ///
    /// The bucket is private, encrypted and versioned and takes requests over TLS only. It is shared by the environments of an account
    /// and Region. Run it again at any time, for example when the spec has changed and the roles need other rights: it creates and
    /// changes only what is missing or different. It keeps no state of its own; everything is found by its name and tags.
    Bootstrap(bootstrap::Args),
    /// Compile the functions that the spec names; needs no AWS.
    ///
    /// `plan` and `apply` do the same where something has changed. A pipeline runs it before it has any credentials, so that no build
    /// script runs beside them.
    Build(build::Args),
    /// Show what `apply` would do; changes nothing.
    Plan(plan::Args),
    /// Print the least IAM policy with which `apply` and `destroy` of exactly this spec go through; needs no AWS.
    ///
    /// It names every action and, where AWS judges by them, the resources: those of this spec, so a changed spec may need other
    /// rights. Taking over or putting right what somebody else has made or changed may need more, and so may recordings in a bucket of
    /// your own that are encrypted with a key of your own (kms:Decrypt). Its size is printed beside AWS's limits: a managed policy has
    /// at most 6,144 characters without white space, the inline policies of a role 10,240 together.
    Policy(policy::Args),
    /// Create or update resources to match the spec.
    Apply(apply::Args),
    /// Delete everything that `apply` created.
    Destroy(destroy::Args),
    /// Show what was deployed: URLs, names, ids, the certificate.
    Outputs(outputs::Args),
    /// Delete what a table keeps of one caller.
    ///
    /// It needs the right dynamodb:DeleteItem on that table, which `apply` does not need.
    ForgetCaller(forget_caller::Args),
    /// Dial the deployed contact flow and show what the caller hears.
    Call(call::Args),
    /// The embedded AWS on this machine.
    #[command(subcommand)]
    Local(local::Command),
    /// The record of what was made: look at it, correct it, rebuild it. Changes nothing in the cloud.
    #[command(subcommand)]
    State(state::Command),
    /// Free an environment whose run has died without giving it back.
    Unlock(unlock::Args),
    /// Contact flows as files.
    #[command(subcommand)]
    Flow(flow::Command),
    Vanity(vanity::Args),
    /// Print the JSON schema of the spec, for editors and other programs.
    Schema,
}

/// Which environment, and how to show it. Common to most commands.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Target {
    /// The environment: the spec is `config/ENV.yaml` in this directory or the nearest one above that has it.
    #[arg(long, value_name = "ENV", env = "DEPLOYER_ENV")]
    pub(crate) env: String,
    /// Print JSON on standard output instead of text.
    #[arg(long)]
    pub(crate) json: bool,
    /// Show all properties and retries.
    #[arg(long, short)]
    pub(crate) verbose: bool,
}

impl Target {
    pub(crate) fn format(&self) -> Format {
        if self.json { Format::Json } else { Format::Human }
    }
}

/// Runs the command line and gives the exit code.
pub(crate) fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(error) => {
            // `--help` and `--version` come this way too, and are no failure.
            let exit = if error.use_stderr() { Exit::BadInput } else { Exit::Success };
            let _ = error.print();
            return code(exit);
        }
    };
    crate::runtime::start_logging();
    match dispatch(cli.command) {
        Ok(exit) => code(exit),
        Err(failure) => {
            show(&failure);
            code(failure.exit)
        }
    }
}

fn dispatch(command: Command) -> Result<Exit, Failure> {
    match command {
        Command::Check(args) => check::run(&args),
        Command::Plan(args) => crate::runtime::block_on(plan::run(args)),
        Command::Bootstrap(args) => crate::runtime::block_on(bootstrap::run(args)),
        Command::Build(args) => build::run(&args),
        Command::Policy(args) => policy::run(&args),
        Command::Apply(args) => crate::runtime::block_on(apply::run(args)),
        Command::Destroy(args) => crate::runtime::block_on(destroy::run(args)),
        Command::Outputs(args) => crate::runtime::block_on(outputs::run(args)),
        Command::ForgetCaller(args) => crate::runtime::block_on(forget_caller::run(args)),
        Command::Call(args) => crate::runtime::block_on(call::run(args)),
        Command::Local(command) => crate::runtime::block_on(local::run(command)),
        Command::State(command) => crate::runtime::block_on(state::run(command)),
        Command::Unlock(args) => crate::runtime::block_on(unlock::run(args)),
        Command::Flow(command) => flow::run(command),
        Command::Vanity(args) => vanity::run(&args),
        Command::Schema => print(&format!("{:#}\n", deployer_spec::schema())).map(|()| Exit::Success),
    }
}

fn code(exit: Exit) -> ExitCode {
    ExitCode::from(exit as u8)
}

fn show(failure: &Failure) {
    // The spec's faults come with a heading of their own, each.
    if failure.message.starts_with("error[") {
        anstream::eprintln!("{}", failure.message);
    } else {
        anstream::eprintln!("{}: {}", Style::error("error"), failure.message);
    }
    if let Some(help) = &failure.help {
        anstream::eprintln!("  {}: {help}", Style::bold("help"));
    }
}

/// Writes to standard output; a reader that went away is no failure.
pub(crate) fn print(text: &str) -> Result<(), Failure> {
    use std::io::Write;
    let mut out = anstream::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(Failure::new(format!("standard output: {error}"))),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    /// The reference of every command, as clap prints it.
    fn reference() -> String {
        let mut text = String::from(
            "# Command line\n\nWritten by a test from the program's own help; `UPDATE_DOCS=1 cargo test -p deployer` renews it.\n",
        );
        let mut cli = Cli::command().term_width(100);
        cli.build();
        describe(&mut cli, "deployer", &mut text);
        text
    }

    fn describe(command: &mut clap::Command, name: &str, text: &mut String) {
        let help = command.render_long_help().to_string();
        let lines: Vec<&str> = help.lines().map(str::trim_end).collect();
        text.push_str(&format!("\n## {name}\n\n```text\n{}\n```\n", lines.join("\n").trim_end()));
        let names: Vec<String> = command.get_subcommands().map(|inner| inner.get_name().to_owned()).collect();
        for inner in names {
            if let Some(found) = command.find_subcommand_mut(&inner) {
                describe(found, &format!("{name} {inner}"), text);
            }
        }
    }

    #[test]
    fn the_command_line_reference_is_current() {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/cli.md");
        let wanted = reference();
        if std::env::var_os("UPDATE_DOCS").is_some() {
            std::fs::write(&path, &wanted).unwrap();
        }
        let written = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(written == wanted, "docs/cli.md is old: run UPDATE_DOCS=1 cargo test -p deployer");
    }

    #[test]
    fn the_arguments_are_consistent() {
        Cli::command().debug_assert();
    }
}
