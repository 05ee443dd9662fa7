//! `deployer fmt`: formats flow files as the program itself writes flows.

use std::io::Read;
use std::path::{Path, PathBuf};

use deployer_flow::Flow;

use super::print;
use crate::failure::{Exit, Failure};
use crate::files;
use crate::output::count;
use crate::project::unreadable;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Files in the Flow language, or - for standard input, which is formatted to standard output; without any, all `*.json` in `flows` of
    /// this directory or the nearest one above that has it.
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Change no file, and list those that are formatted differently: exit code 4 if there are any.
    #[arg(long)]
    check: bool,
}

/// Directory of flow files.
const FLOWS: &str = "flows";

pub(crate) fn run(args: &Args) -> Result<Exit, Failure> {
    if args.files.iter().any(|path| path == Path::new("-")) {
        return standard_input(args);
    }
    let paths = if args.files.is_empty() { find()? } else { args.files.clone() };
    // All files are read before the first is written.
    let read = paths.iter().map(|path| Ok((path, formatted(path)?))).collect::<Result<Vec<_>, Failure>>()?;
    let changed: Vec<_> = read.iter().filter(|(_, (before, after))| before != after).collect();
    for (path, (_, after)) in &changed {
        if !args.check {
            replace(path, after)?;
        }
        print(&format!("{}\n", files::shown(path).display()))?;
    }
    let of = count(paths.len(), "file", "files");
    match (changed.is_empty(), args.check) {
        (true, _) => eprintln!("{of}: all are formatted"),
        (false, true) => eprintln!("{} of {of} would be formatted: deployer fmt", changed.len()),
        (false, false) => eprintln!("{} of {of} formatted", changed.len()),
    }
    Ok(if args.check && !changed.is_empty() { Exit::Changes } else { Exit::Success })
}

fn standard_input(args: &Args) -> Result<Exit, Failure> {
    if args.files.len() > 1 {
        return Err(Failure::input("- is given together with files").help("format standard input by itself"));
    }
    let path = Path::new("standard input");
    let mut text = String::new();
    let read = std::io::stdin().lock().take(files::MAX_TEXT_BYTES).read_to_string(&mut text);
    read.map_err(|error| Failure::input(format!("{}: {error}", path.display())))?;
    let after = format(path, &text)?;
    match args.check {
        true => Ok(if text == after { Exit::Success } else { Exit::Changes }),
        false => print(&after).map(|()| Exit::Success),
    }
}

/// Returns the text of a file, and as it is formatted.
fn formatted(path: &Path) -> Result<(String, String), Failure> {
    let text =
        files::read_text(path, files::MAX_TEXT_BYTES).map_err(|error| Failure::input(format!("{}: {error}", path.display())))?;
    let after = format(path, &text)?;
    Ok((text, after))
}

/// Returns the text in the form in which `flow pull`, `flow import` and `flow convert` write: two spaces for each level, the order of the
/// members as it was.
///
/// # Errors
/// The text is no flow, or writing it would change a number, such as one with more digits than a `f64` holds.
fn format(path: &Path, text: &str) -> Result<String, Failure> {
    let flow = Flow::parse(text).map_err(|error| Failure::input(unreadable(path, &error)))?;
    let after = format!("{}\n", flow.to_json());
    match tokens(text) == tokens(&after) {
        true => Ok(after),
        false => Err(Failure::input(format!("{}: it has a number that would be written differently", path.display()))
            .help("write numbers in their shortest form, such as 1.5 for 1.50, and not with an exponent")),
    }
}

/// Returns what is outside of the strings of JSON, without white space. A string is the same value however its characters are escaped.
fn tokens(json: &str) -> String {
    let (mut in_string, mut is_escaped) = (false, false);
    let is_outside = |c: &char| {
        let quote = *c == '"' && !is_escaped;
        in_string ^= quote;
        is_escaped = in_string && *c == '\\' && !is_escaped;
        quote || !in_string && !c.is_ascii_whitespace()
    };
    json.chars().filter(is_outside).collect()
}

/// Replaces a file at once, with its permissions.
fn replace(path: &Path, text: &str) -> Result<(), Failure> {
    let write = || -> std::io::Result<()> {
        let path = path.canonicalize()?;
        let mut file = tempfile::NamedTempFile::new_in(path.parent().unwrap_or(Path::new(".")))?;
        std::io::Write::write_all(&mut file, text.as_bytes())?;
        file.as_file().set_permissions(std::fs::metadata(&path)?.permissions())?;
        file.persist(&path).map_err(|error| error.error)?;
        Ok(())
    };
    write().map_err(|error| Failure::io(path, error))
}

fn find() -> Result<Vec<PathBuf>, Failure> {
    let here =
        std::env::current_dir().map_err(|error| Failure::input(format!("the current directory cannot be read: {error}")))?;
    let directory = here.ancestors().map(|directory| directory.join(FLOWS)).find(|directory| directory.is_dir());
    let directory = directory.ok_or_else(|| {
        Failure::input(format!("there is no directory {FLOWS} in {} or above it", here.display())).help("name the files")
    })?;
    let entries = std::fs::read_dir(&directory).map_err(|error| Failure::io(&directory, error))?;
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.retain(|path| path.is_file() && path.extension().is_some_and(|extension| extension == "json"));
    paths.sort();
    match paths.is_empty() {
        true => Err(Failure::input(format!("there are no flows in {}", directory.display())).help("name the files")),
        false => Ok(paths),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FLOW: &str = r#"{"Version":"2019-10-30",  "StartAction": "end", "Metadata": {"x": 1.50, "a \" b": "c\\"}, "Actions": [
        {"Identifier": "end", "Type": "DisconnectParticipant", "Parameters": {}, "Transitions": {}}]}"#;

    #[test]
    fn formatting_changes_only_white_space() {
        let exact = FLOW.replace("1.50", "1.5");
        let after = format(Path::new("f"), &exact).expect("it is a flow");
        assert_eq!(tokens(&after), tokens(&exact));
        assert_eq!(format(Path::new("f"), &after).expect("a flow"), after);
        assert!(after.starts_with("{\n  \"Version\": \"2019-10-30\",\n  \"StartAction\""), "{after}");
        let escaped = exact.replace("2019", "\\u0032019");
        assert_eq!(format(Path::new("f"), &escaped).expect("a flow"), after);
        for changed in [FLOW.to_owned(), exact.replace("1.5", "12345678901234567890123"), exact.replace("1.5", "15e-1")] {
            assert!(format(Path::new("f"), &changed).is_err(), "{changed}");
        }
    }
}
