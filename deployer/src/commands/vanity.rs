//! `deployer vanity`: vanity numbers without any cloud.

use std::io::BufRead;

use serde_json::json;
use vanity::{Answer, Caller};

use super::print;
use crate::failure::{Exit, Failure};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Phone numbers such as +18003569377; without any, one a line from standard input.
    #[arg(value_name = "NUMBER", allow_hyphen_values = true)]
    numbers: Vec<String>,
    /// Print one JSON object a line.
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &Args) -> Result<Exit, Failure> {
    if !args.numbers.is_empty() {
        args.numbers.iter().try_for_each(|number| show(number, args.json))?;
        return Ok(Exit::Success);
    }
    for line in std::io::stdin().lock().lines() {
        let line = line.map_err(|error| Failure::input(format!("standard input: {error}")))?;
        show(&line, args.json)?;
    }
    Ok(Exit::Success)
}

/// `{"id","status","vanity_numbers","ranked","words"}`: the list as it is stored (ascending), the same best first, and the
/// words of each of the ranked forms.
fn show(text: &str, as_json: bool) -> Result<(), Failure> {
    let caller = Caller::read(Some(text));
    let id = match &caller {
        Caller::Known(number) => number.as_str().to_owned(),
        _ => text.trim().to_owned(),
    };
    let answer = Answer::to(caller);
    let (mut stored, mut ranked, mut words) = (Vec::new(), Vec::new(), Vec::new());
    if let Some(best) = &answer.best {
        stored = best.stored().map(|form| form.as_str().to_owned()).collect();
        ranked = best.ranked().map(|form| form.as_str().to_owned()).collect();
        words = best.ranked().map(|form| form.words().map(str::to_owned).collect::<Vec<_>>()).collect();
    }
    if as_json {
        let line =
            json!({"id": id, "status": answer.status.as_str(), "vanity_numbers": stored, "ranked": ranked, "words": words});
        return print(&format!("{line}\n"));
    }
    let displays: Vec<String> = answer.best.iter().flat_map(|best| best.ranked().map(|form| form.display())).collect();
    let found = if displays.is_empty() { answer.status.as_str().to_owned() } else { displays.join("  ") };
    print(&format!("{id}  {found}\n"))
}
