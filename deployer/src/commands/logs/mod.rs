//! `deployer logs`: prints log events of an environment's functions and flows.

mod events;
mod line;

use std::time::Duration;

use deployer_engine::EventSink;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use self::events::{LogSource, Reader};
use self::line::Printer;
use super::deployed;
use crate::failure::{Exit, Failure};
use crate::project::Project;
use crate::runtime::{Cloud, Endpoint, Signals};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The environment: the spec is `config/ENV.yaml` in this directory or the nearest one above that has it.
    #[arg(long, value_name = "ENV", env = "DEPLOYER_ENV")]
    env: String,
    /// Only the events of this function, by its name in the spec. May be given more than once.
    #[arg(long = "function", value_name = "NAME")]
    functions: Vec<String>,
    /// Only the events of the contact flows; with --function these and those of the functions.
    #[arg(long)]
    flows: bool,
    /// Print the events since this long ago, such as 30s, 10m, 2h or 3d, or since a time such as 2026-01-05T10:00:00Z.
    #[arg(long, value_name = "TIME", default_value = "10m", value_parser = since)]
    since: OffsetDateTime,
    /// Continue with new events as they arrive, until Ctrl-C.
    #[arg(long, short)]
    follow: bool,
    /// Print only events whose message contains this text, with the same case.
    #[arg(long, value_name = "TEXT")]
    filter: Option<String>,
    /// Request only the events that match this filter pattern of CloudWatch Logs, such as `{ $.Results = "ERROR" }`; on the embedded AWS
    /// words, "phrases" and -words.
    #[arg(long, value_name = "PATTERN")]
    filter_pattern: Option<String>,
    /// Print one JSON object per event: `time`, `source`, `log_group`, `log_stream`, `event_id`, `message`.
    #[arg(long)]
    json: bool,
}

/// Time between two polls. FilterLogEvents is limited to 5 requests per second in an account and Region (AWS re:Post, "How do I determine
/// throttling in my CloudWatch logs?"), which all sources and all users share.
const POLL_INTERVAL: Duration = Duration::from_secs(2);
const PER_SOURCE: Duration = Duration::from_millis(400);

pub(crate) async fn run(args: Args) -> Result<Exit, Failure> {
    let project = Project::load_for_state(&args.env)?;
    check_functions(&project, &args.functions)?;
    let cloud = Cloud::open(&project).await?;
    if args.follow && matches!(cloud.endpoint, Endpoint::InProcess(_)) {
        return Err(Failure::input(format!(
            "nothing serves the embedded AWS of the environment {}, so nothing new can arrive",
            args.env
        ))
        .help(format!("run `deployer local serve --env {}` meanwhile, or leave out --follow", args.env)));
    }
    let state = cloud.engine(&project, Default::default(), EventSink::ignore())?.state().await?;
    let sources = sources(&args, &project, &cloud, state.as_ref())?;
    let printer = Printer::new(sources.iter().map(|source| source.label.as_str()), args.json, args.filter.clone());
    let interval = POLL_INTERVAL.max(PER_SOURCE * u32::try_from(sources.len()).unwrap_or(u32::MAX));
    let reader = Reader::new(cloud.logs(), sources, args.since, args.filter_pattern.clone());
    let mut signals = Signals::listen()?;
    tokio::select! {
        () = signals.next() => Ok(Exit::Interrupted),
        ended = read(reader, printer, args.follow.then_some(interval)) => ended,
    }
}

/// Prints all events, and with an interval polls for more until nobody reads the output any more.
async fn read(mut reader: Reader, mut printer: Printer, interval: Option<Duration>) -> Result<Exit, Failure> {
    loop {
        let is_read = reader.poll(&mut |event| printer.print(event)).await?;
        for missing in reader.take_missing() {
            eprintln!("note: there is no log group {missing} yet: nothing has been logged");
        }
        match interval {
            Some(interval) if is_read => tokio::time::sleep(interval).await,
            _ => return Ok(Exit::Success),
        }
    }
}

/// Rejects functions that the spec does not have, before AWS is called.
fn check_functions(project: &Project, named: &[String]) -> Result<(), Failure> {
    let declared: Vec<&str> = project.spec.functions.keys().map(|name| name.as_str()).collect();
    match named.iter().find(|name| !declared.contains(&name.as_str())) {
        Some(name) => Err(Failure::input(format!("the spec has no function {name}")).suggest(name, declared)),
        None => Ok(()),
    }
}

/// Returns the log groups to read: those of the named functions, of the flows, or all.
fn sources(
    args: &Args,
    project: &Project,
    cloud: &Cloud,
    state: Option<&deployer_engine::State>,
) -> Result<Vec<LogSource>, Failure> {
    let all = args.functions.is_empty() && !args.flows;
    let mut sources = Vec::new();
    for (key, found) in deployed::functions(project, state) {
        if all || args.functions.contains(&key) {
            sources.push(LogSource { label: key, group: found.log_group });
        }
    }
    if let Some(missing) = args.functions.iter().find(|name| !sources.iter().any(|source| source.label == **name)) {
        return Err(deployed::not_deployed(project, &format!("the function {missing}")));
    }
    if all || args.flows {
        let instance = cloud.instance_outputs(state);
        match instance.as_ref().and_then(|instance| instance["alias"].as_str()) {
            // Administrator guide of Amazon Connect, "Flow logs stored in an Amazon CloudWatch log group".
            Some(alias) => sources.push(LogSource { label: "flows".to_owned(), group: format!("/aws/connect/{alias}") }),
            None if args.flows => return Err(deployed::not_deployed(project, "a Connect instance")),
            None => {}
        }
    }
    if sources.is_empty() {
        return Err(Failure::input(format!("nothing of the environment {} that logs is deployed", args.env))
            .help(format!("deployer apply --env {}", args.env)));
    }
    Ok(sources)
}

/// Parses a time, or how long ago it was.
fn since(text: &str) -> Result<OffsetDateTime, String> {
    let wrong = || format!("`{text}` is not a time; write it as 30s, 10m, 2h or 3d, or as 2026-01-05T10:00:00Z");
    if let Ok(time) = OffsetDateTime::parse(text, &Rfc3339) {
        return Ok(time);
    }
    let digits = text.trim_end_matches(|c: char| !c.is_ascii_digit());
    let unit = match &text[digits.len()..] {
        "s" => 1,
        "m" => 60,
        "h" => 60 * 60,
        "d" => 24 * 60 * 60,
        _ => return Err(wrong()),
    };
    let seconds = digits.parse::<u32>().ok().map(i64::from).and_then(|number| number.checked_mul(unit)).ok_or_else(wrong)?;
    OffsetDateTime::now_utc().checked_sub(time::Duration::seconds(seconds)).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_is_an_age_or_a_moment() {
        let now = OffsetDateTime::now_utc();
        for (text, seconds) in [("30s", 30), ("10m", 600), ("2h", 7_200), ("3d", 259_200), ("0s", 0)] {
            let age = (now - since(text).expect(text)).whole_seconds();
            assert!((seconds - 5..=seconds).contains(&age), "{text}: {age}");
        }
        assert_eq!(since("2026-01-05T10:00:00Z").expect("a time").unix_timestamp(), 1_767_607_200);
        for wrong in ["", "10", "m", "-5m", "5 m", "1.5h", "2026-01-05", "٣s", "99999999999999999999s", "9999999999999999d"] {
            assert!(since(wrong).is_err(), "{wrong}");
        }
    }
}
