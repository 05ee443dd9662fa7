//! Commands, one file each.

mod apply;
mod args;
mod bootstrap;
mod build;
mod call;
mod check;
mod completions;
mod confirm;
mod deployed;
mod destroy;
mod doctor;
mod drift;
mod existing_functions;
mod flow;
mod fmt;
mod foreign_outputs;
mod forget_caller;
mod graph;
mod history;
mod import;
mod init;
mod invoke;
mod local;
mod logs;
mod man;
mod open;
mod outputs;
mod plan;
mod policy;
mod rollback;
mod run_end;
mod saved;
mod saved_plan;
mod show;
mod state;
mod status;
mod stored;
mod synth;
mod unlock;
mod vanity;
mod watch;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::failure::{Exit, Failure};
use crate::report::Format;

pub(crate) use crate::output::print;

/// Infrastructure as code for voice applications on Amazon Connect.
///
/// Exit codes: 0 success or nothing to do; 1 the run failed; 2 the input is invalid or names what does not exist, and nothing was changed;
/// 3 refused (not confirmed, wrong account, not owned, locked by another run); 4 `plan --exit-code`, `drift`, `flow diff` or `fmt --check`
/// found differences; 5 a saved plan is out of date and nothing was changed; 6 the function that `invoke` called returned an error; 130
/// interrupted.
#[derive(Debug, Parser)]
#[command(name = "deployer", version, propagate_version = true, disable_help_subcommand = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    /// When output is coloured: `auto` colours a terminal, unless NO_COLOR is set, and anything if CLICOLOR_FORCE is.
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto", hide_possible_values = true)]
    color: clap::ColorChoice,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Write a new project from a template; overwrites nothing.
    Init(init::Args),
    /// Check the spec and the contact flows; changes nothing and needs no AWS.
    Check(check::Args),
    /// Create the prerequisites of an environment's first run: the bucket for its state and, with --github, the roles of a pipeline.
    ///
    /// The bucket is private, encrypted and versioned and accepts requests over TLS only. It is shared by the environments of an account
    /// and Region. Run this command again at any time, for example when the spec has changed and the roles need other permissions: it
    /// creates and changes only what is missing or different. It has no state of its own; everything is found by its name and tags.
    Bootstrap(bootstrap::Args),
    /// Print what the spec or its program declares, as JSON: every section, where each construct stands, and the resources.
    ///
    /// It runs the program of `app`, and shows what all other commands work on. References to outputs of other resources, which are known
    /// only after an apply, are `${ADDRESS.OUTPUT}`. Changes nothing and needs no AWS.
    Synth(synth::Args),
    /// Compile the functions that the spec names; needs no AWS.
    ///
    /// `plan` and `apply` do the same if something has changed. A pipeline runs it before it has any credentials, so that no build script
    /// runs with access to them.
    Build(build::Args),
    /// Show what `apply` would do; changes nothing.
    Plan(plan::Args),
    /// Print the minimal IAM policy that `apply` and `destroy` of this spec need (offline).
    ///
    /// It lists every action and, where AWS authorizes by them, the resources: those of this spec, so a changed spec may need other
    /// permissions. Adopting or repairing resources that were created or changed outside of deployer may need more, and so may recordings
    /// in a bucket of your own that are encrypted with a key of your own (kms:Decrypt). Its size is printed with AWS's limits: a managed
    /// policy has at most 6,144 characters without white space, the inline policies of a role 10,240 together.
    Policy(policy::Args),
    /// Show a saved plan; needs no AWS, no spec and no state.
    Show(show::Args),
    /// Create or update resources to match the spec.
    ///
    /// With FILE, carry out a saved plan: plan again, and change something only if exactly the saved plan results. Otherwise exit with 5 and
    /// name what has moved since: the spec, a file, the state, the program, or a resource with its property. No question is asked.
    Apply(apply::Args),
    /// Delete all resources that `apply` created.
    ///
    /// With FILE, carry out a plan that `plan --destroy --out FILE` saved, as `apply FILE` does.
    Destroy(destroy::Args),
    /// Show what others have changed since the last apply; exits with 4 if there is anything.
    ///
    /// Compares the live resources with what was applied last. The spec and its files are not compared: what they change is no drift, and
    /// `plan` shows it. Needs the permissions of `plan`.
    Drift(drift::Args),
    /// Draw the resources of a spec and what they depend on; needs no AWS.
    ///
    /// Dependencies that follow from others are left out, unless `--all` is given.
    Graph(graph::Args),
    /// Show the last runs that changed something: who, when, from where, what, with which result.
    ///
    /// The last 50 runs are recorded in the state. With N, everything that is recorded of one run. Names of changed properties are
    /// recorded, values are not. Needs what `status` needs.
    History(history::Args),
    /// Apply again what an earlier run applied: its spec, flows and code.
    ///
    /// The spec, the flows and the code of the last 5 applied runs are kept beside the state. The plan is shown and confirmed as that of
    /// `apply`. Secrets keep their present values. Data is not restored, and the spec in this directory stays as it is.
    Rollback(rollback::Args),
    /// Take over one existing resource into the state, by its ID.
    ///
    /// The resource is marked with the tags of this environment and recorded; nothing else of it is changed. The plan is shown first, and
    /// says what the next apply would change. A resource of another environment or project is refused. `--env` must declare the resource.
    Import(import::Args),
    /// Show the deployed resources: URLs, names, IDs, the certificate; or one value of them.
    #[command(visible_alias = "output")]
    Outputs(outputs::Args),
    /// Show where the environment is, who uses it, when it was last changed, and what is deployed. Changes nothing.
    ///
    /// It reads only the stored state and the lease, and so works while another run uses the environment. Exit code 0 also if nothing is
    /// deployed, if a run is unfinished or if another one holds the lease.
    Status(status::Args),
    /// Check what commands need on this machine and in AWS, and say what to do about it. Changes nothing.
    ///
    /// It checks the proxy and the certificate authorities, the credentials with their account and Region, this machine's clock against
    /// AWS's, the compilers and interpreters of functions, the ports of `local serve`, the stored embedded AWS, and the state with its
    /// bucket. Exit code 1 if a check fails. No secret is printed. On AWS it calls sts:GetCallerIdentity, reads the state, and reads the
    /// bucket's settings if it may (s3:GetBucketVersioning, s3:GetBucketPublicAccessBlock).
    Doctor(doctor::Args),
    /// Invoke a deployed function and print its response.
    ///
    /// The response goes to standard output as the function returned it, with a newline behind it. If the function returned an error, that
    /// goes to standard error and the exit code is 6. The request is sent once and never retried. It needs the permission
    /// lambda:InvokeFunction on the function, which `deployer policy` does not print, because `apply` does not need it.
    Invoke(invoke::Args),
    /// Print log events of the functions and the contact flows, oldest first.
    ///
    /// Each line has the time in UTC, the function's name in the spec or `flows`, and the message as it was logged: what functions and
    /// flows log about callers, such as their numbers, is printed unchanged. It needs the permission logs:FilterLogEvents on the log
    /// groups, which `deployer policy` does not print, because `apply` does not need it. Ctrl-C ends it with exit code 130.
    Logs(logs::Args),
    /// Delete the data of one caller from a table.
    ///
    /// It needs the permission dynamodb:DeleteItem on that table, which `apply` does not need.
    ForgetCaller(forget_caller::Args),
    /// Call the deployed contact flow and show what the caller hears.
    Call(call::Args),
    /// Deploy flows and code whenever they are saved, until Ctrl-C.
    ///
    /// A save that changes only the content of flows, modules or views, or the code of functions, is applied without a question, by an
    /// ordinary run that locks the environment and is in its history. Other changes are shown, and applied if they are confirmed on the
    /// terminal or by --yes. Mistakes are reported, and the next save is tried again. Watched are the files below the project's directory,
    /// without hidden ones, `node_modules` and caches. What somebody else has changed counts as another change. Exit code 130.
    Watch(watch::Args),
    /// Open a page of an environment on AWS in the browser: the Connect instance, the API or the AWS console.
    Open(open::Args),
    /// Serve the embedded AWS on this machine.
    #[command(subcommand)]
    Local(local::Command),
    /// Inspect and repair recorded state. Changes nothing in AWS.
    #[command(subcommand)]
    State(state::Command),
    /// Release a lock left behind by a crashed run.
    Unlock(unlock::Args),
    /// Check, test, convert and compare contact flows.
    #[command(subcommand)]
    Flow(flow::Command),
    /// Format specs, flows and test files, and name those that were changed.
    ///
    /// In flows only white space and escapes in strings change: two spaces for each level, as `flow pull` writes them. In YAML also quotes,
    /// which become double where that needs no escape, blank lines, of which one stays, and lists and maps between brackets, which are
    /// broken into lines beyond 120 columns. Comments and the order of the members stay. YAML in which a value or a comment would change
    /// stays as it is, with a warning.
    Fmt(fmt::Args),
    Vanity(vanity::Args),
    /// Print the completion script of a shell.
    ///
    /// Bash: `source <(deployer completions bash)` in ~/.bashrc. Zsh: `deployer completions zsh > ~/.zfunc/_deployer`, with ~/.zfunc in
    /// fpath. Fish: `deployer completions fish > ~/.config/fish/completions/deployer.fish`.
    Completions(completions::Args),
    /// Print the manual page, or write the pages of all commands to a directory.
    Man(man::Args),
    /// Print the JSON schema of the spec, for editors and other programs.
    Schema(SchemaArgs),
}

#[derive(Debug, clap::Args)]
struct SchemaArgs {
    /// Print the schema of a file that extends another one or is extended: no key is required there, and `null` removes a key.
    #[arg(long)]
    part: bool,
}

/// The environment and the output options that most commands share.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Target {
    /// The environment: the spec is `config/ENV.yaml` in this directory or the nearest one above that has it.
    #[arg(long, value_name = "ENV", env = "DEPLOYER_ENV")]
    pub(crate) env: String,
    /// Print JSON on standard output instead of text.
    #[arg(long)]
    pub(crate) json: bool,
    /// Show all properties of created resources, and all retries.
    #[arg(long, short)]
    pub(crate) verbose: bool,
}

impl Target {
    pub(crate) fn format(&self) -> Format {
        if self.json { Format::Json } else { Format::Human }
    }
}

/// Returns the declaration of the command line.
fn declaration() -> clap::Command {
    <Cli as clap::CommandFactory>::command()
}

/// Runs the command line and returns the exit code.
pub(crate) fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(error) => {
            // `--help` and `--version` are reported as errors too, and are no failure.
            let exit = if error.use_stderr() { Exit::BadInput } else { Exit::Success };
            let _ = error.print();
            return code(exit);
        }
    };
    crate::report::set_color(cli.color);
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
        Command::Init(args) => init::run(&args),
        Command::Check(args) => check::run(&args),
        Command::Synth(args) => synth::run(&args),
        Command::Plan(args) => crate::runtime::block_on(plan::run(args)),
        Command::Bootstrap(args) => crate::runtime::block_on(bootstrap::run(args)),
        Command::Build(args) => build::run(&args),
        Command::Policy(args) => policy::run(&args),
        Command::Show(args) => show::run(&args),
        Command::Drift(args) => crate::runtime::block_on(drift::run(args)),
        Command::Apply(args) => crate::runtime::block_on(apply::run(args)),
        Command::Destroy(args) => crate::runtime::block_on(destroy::run(args)),
        Command::Graph(args) => graph::run(&args),
        Command::History(args) => crate::runtime::block_on(history::run(args)),
        Command::Rollback(args) => crate::runtime::block_on(rollback::run(args)),
        Command::Import(args) => crate::runtime::block_on(import::run(args)),
        Command::Outputs(args) => crate::runtime::block_on(outputs::run(args)),
        Command::Status(args) => crate::runtime::block_on(status::run(args)),
        Command::Doctor(args) => crate::runtime::block_on(doctor::run(args)),
        Command::Invoke(args) => crate::runtime::block_on(invoke::run(args)),
        Command::Logs(args) => crate::runtime::block_on(logs::run(args)),
        Command::ForgetCaller(args) => crate::runtime::block_on(forget_caller::run(args)),
        Command::Call(args) => crate::runtime::block_on(call::run(args)),
        Command::Local(command) => crate::runtime::block_on(local::run(command)),
        Command::State(command) => crate::runtime::block_on(state::run(command)),
        Command::Unlock(args) => crate::runtime::block_on(unlock::run(args)),
        Command::Flow(command) => flow::run(command),
        Command::Open(args) => crate::runtime::block_on(open::run(args)),
        Command::Fmt(args) => fmt::run(&args),
        Command::Watch(args) => crate::runtime::block_on(watch::run(args)),
        Command::Vanity(args) => vanity::run(&args),
        Command::Completions(args) => completions::run(&args),
        Command::Man(args) => man::run(&args),
        Command::Schema(args) => {
            let schema = if args.part { deployer_spec::part_schema() } else { deployer_spec::schema() };
            print(&format!("{schema:#}\n")).map(|()| Exit::Success)
        }
    }
}

fn code(exit: Exit) -> ExitCode {
    ExitCode::from(exit as u8)
}

fn show(failure: &Failure) {
    if failure.is_rendered() {
        anstream::eprintln!("{}", failure.message);
    } else {
        anstream::eprint!("{}", crate::report::error(&failure.message));
    }
    if let Some(help) = &failure.help {
        anstream::eprint!("{}", crate::report::help(help));
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    /// Returns the reference of all commands, as clap prints it.
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
    fn command_line_reference_is_current() {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/cli.md");
        let wanted = reference();
        if std::env::var_os("UPDATE_DOCS").is_some() {
            std::fs::write(&path, &wanted).unwrap();
        }
        let written = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(written == wanted, "docs/cli.md is old: run UPDATE_DOCS=1 cargo test -p deployer");
    }

    #[test]
    fn arguments_are_consistent() {
        Cli::command().debug_assert();
    }
}
