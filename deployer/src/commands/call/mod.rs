//! `deployer call`: calls a flow, deployed or not, and shows what the caller hears.

mod deployed;
mod line;
mod local;
mod terminal;

use std::path::PathBuf;

use deployer_flow::interpret::{Script, Transcript};
use deployer_flow::scenario::{self, DryRun, Given, PercentSource};
use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use self::line::Line;
use super::flow::read;
use super::print;
use crate::failure::{Exit, Failure};
use crate::report::Style;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The environment whose deployed flow is called; with --file, the one whose functions and flows the file refers to.
    #[arg(long, value_name = "ENV", env = "DEPLOYER_ENV", required_unless_present = "file")]
    env: Option<String>,
    /// A flow file, which need not be deployed.
    #[arg(long, value_name = "FLOW", conflicts_with = "flow")]
    file: Option<PathBuf>,
    /// The deployed flow, by its name in the spec; without it the flow that is associated with the dialled number, or the only one.
    #[arg(long, value_name = "NAME")]
    flow: Option<String>,
    /// The caller's number in E.164 form.
    #[arg(long, value_name = "NUMBER", required_unless_present_any = ["withheld", "script"], conflicts_with = "withheld")]
    from: Option<String>,
    /// The caller withholds the number.
    #[arg(long)]
    withheld: bool,
    /// The dialled number.
    #[arg(long, value_name = "NUMBER")]
    to: Option<String>,
    /// Keys to press: 0-9, * and #; a comma waits for the timeout of one key, ! hangs up.
    #[arg(long, value_name = "KEYS", conflicts_with_all = ["interactive"])]
    digits: Option<String>,
    /// Press the keys interactively at this terminal.
    #[arg(long, conflicts_with = "json")]
    interactive: bool,
    /// A file with the conditions and the caller's input, as in a flow test: `given` and `when`. For a deployed flow `caller`, `called`,
    /// `time`, `percent` and `seed` can be given; the rest is the instance's.
    #[arg(long, value_name = "FILE")]
    script: Option<PathBuf>,
    /// Start of the call as the flow sees it, such as 2026-01-05T10:00:00Z; by default now for a deployed flow, and this example for a
    /// file.
    #[arg(long, value_name = "TIME", value_parser = moment)]
    at: Option<OffsetDateTime>,
    /// Seed of percentage branches: the same seed takes the same branches; by default random for a deployed flow, and 0 for a file.
    #[arg(long, value_name = "NUMBER")]
    seed: Option<u64>,
    /// Also show the flow-log entries, one JSON object per line.
    #[arg(long)]
    log: bool,
    /// Print JSON on standard output instead of text.
    #[arg(long)]
    json: bool,
}

fn moment(text: &str) -> Result<OffsetDateTime, String> {
    OffsetDateTime::parse(text, &Rfc3339).map_err(|_| "write it as 2026-01-05T10:00:00Z".to_owned())
}

/// The result of a call.
struct CallResult {
    transcript: Value,
    log: Vec<Value>,
    /// Missing stubs that the flow requested, and given ones that do not match.
    notes: Vec<String>,
}

impl CallResult {
    fn of(mut transcript: Transcript) -> Result<Self, Failure> {
        let log = std::mem::take(&mut transcript.log);
        let transcript = serde_json::to_value(transcript).map_err(|error| Failure::new(error.to_string()))?;
        Ok(Self { transcript, log, notes: Vec::new() })
    }
}

pub(crate) async fn run(args: Args) -> Result<Exit, Failure> {
    let rehearsal = dry_run(&args)?;
    let line = Line::open(&args, &rehearsal.keys)?;
    let heard = match (&args.file, &args.env) {
        (Some(path), environment) => local::run(path, environment.as_deref(), args.script.as_deref(), &rehearsal, line).await?,
        (None, Some(environment)) => {
            let Given { caller, called, time, chance, .. } = &rehearsal.given;
            let given = |name: &str| rehearsal.given_parts.iter().any(|part| part == name);
            let asked = deployed::CallOptions {
                from: caller.clone(),
                to: called.clone(),
                at: (args.at.is_some() || given("time")).then_some(*time),
                chance: (args.seed.is_some() || given("percent") || given("seed")).then_some(*chance),
            };
            deployed::run(&args, environment, asked, line).await?
        }
        (None, None) => return Err(Failure::input("name an environment with --env, or a flow with --file")),
    };
    show(&heard, &args)?;
    Ok(Exit::Success)
}

/// Values that a script can give for a call of a deployed flow.
const OF_THE_CALL: [&str; 5] = ["caller", "called", "time", "percent", "seed"];

/// Returns the conditions from the script and from the options, which take precedence.
fn dry_run(args: &Args) -> Result<DryRun, Failure> {
    let mut rehearsal = match &args.script {
        None => DryRun::default(),
        Some(path) => {
            let text = read(path)?;
            scenario::dry_run(&text).map_err(|faults| {
                let shown = path.display().to_string();
                let errors: Vec<_> = faults.iter().map(|fault| fault.render(&shown, &text)).collect();
                Failure::input(errors.join("\n\n"))
            })?
        }
    };
    let of_instance: Vec<&str> =
        rehearsal.given_parts.iter().map(String::as_str).filter(|part| !OF_THE_CALL.contains(part)).collect();
    if args.file.is_none() && !of_instance.is_empty() {
        let (gives, may) = (of_instance.join(", "), OF_THE_CALL.join(", "));
        return Err(Failure::input(format!(
            "a script for a deployed flow gives {may} only, not {gives}, which the instance has"
        ))
        .help("leave it out, or call a flow file with --file"));
    }
    let given = &mut rehearsal.given;
    match (&args.from, args.withheld) {
        (Some(from), _) => given.caller = Some(e164("--from", from)?),
        (None, true) => given.caller = None,
        (None, false) => {}
    }
    if let Some(to) = &args.to {
        given.called = e164("--to", to)?;
    }
    given.time = args.at.unwrap_or(given.time);
    given.chance = args.seed.map_or(given.chance, PercentSource::Seed);
    if let Some(digits) = &args.digits {
        let script = Script::parse(digits).map_err(|wrong| {
            Failure::input(format!("--digits: `{wrong}` is not a key")).help("keys are 0-9, * and #; `,` waits, `!` hangs up")
        })?;
        rehearsal.keys = script.remaining_keys().collect();
    }
    Ok(rehearsal)
}

/// Normalizes a number to the form of a telephone network (ITU-T E.164: a plus sign and at most 15 digits).
fn e164(option: &str, text: &str) -> Result<String, Failure> {
    let digits = text.strip_prefix('+').unwrap_or_default();
    if (7..=15).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Ok(text.to_owned());
    }
    let help =
        if option == "--from" { "write it as +18005550100; --withheld calls without one" } else { "write it as +18005550100" };
    Err(Failure::input(format!("{option}: `{text}` is not a phone number in E.164 form")).help(help))
}

fn show(heard: &CallResult, args: &Args) -> Result<(), Failure> {
    if args.json {
        print(&format!("{:#}\n", heard.transcript))?;
    } else {
        print(&text(heard))?;
    }
    match args.log {
        true => heard.log.iter().try_for_each(|entry| print(&format!("{entry}\n"))),
        false => Ok(()),
    }
}

fn text(heard: &CallResult) -> String {
    let text_of = |value: &Value, name: &str| value[name].as_str().unwrap_or_default().to_owned();
    let mut text = String::from("\n");
    let steps = heard.transcript["path"].as_array().map(Vec::as_slice).unwrap_or_default();
    if !steps.is_empty() {
        text.push_str("Actions of the flow that ran:\n");
    }
    for step in steps {
        let note = step["note"].as_str().map(|note| format!("  {}", Style::warning(note))).unwrap_or_default();
        text.push_str(&format!("  {} {}{note}\n", text_of(step, "id"), Style::dim(&text_of(step, "type"))));
    }
    for remark in &heard.notes {
        text.push_str(&format!("  {}\n", Style::warning(remark)));
    }
    text.push_str(&format!("{}\n", text_of(&heard.transcript, "outcome")));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_in_e164_form() {
        assert_eq!(e164("--to", "+18005550100").unwrap(), "+18005550100");
        for bad in ["", "+", "8005550100", "+1800555010a", "+1234567890123456"] {
            assert!(e164("--from", bad).is_err(), "{bad}");
        }
    }
}
