//! `deployer fmt`: formats flow files as the program itself writes flows, and the YAML of specs and test files.

use std::io::Read;
use std::path::{Path, PathBuf};

use deployer_flow::yaml::{self, Node, Reason, Value, YamlError};
use deployer_flow::{Flow, Message, Severity};
use pretty_yaml::config::{FormatOptions, LanguageOptions, LayoutOptions};
use yaml_parser::SyntaxKind;

use super::print;
use crate::failure::{Exit, Failure};
use crate::files;
use crate::output::count;
use crate::project::unreadable;
use crate::report::Style;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Flows (JSON), and specs and test files (YAML), or - for standard input, which is formatted to standard output; without any, all
    /// of `config`, `flows` and `flows/tests` in this directory or the nearest one above that has `config` or `flows`.
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Change no file, and list those that are formatted differently: exit code 4 if there are any.
    #[arg(long)]
    check: bool,
}

/// The directories whose files are formatted if none is named.
const DIRECTORIES: [&str; 3] = ["config", "flows", "flows/tests"];

/// Maximum number of columns of a YAML list or map between brackets; a longer one is broken into lines. Text is never broken.
const WIDTH: usize = 120;

/// Maximum size of a YAML file in bytes, that of a spec.
const MAX_YAML_BYTES: usize = 4 << 20;

/// Maximum nesting of a YAML file.
const MAX_DEPTH: usize = 64;

const STANDARD_INPUT: &str = "standard input";

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
    let path = Path::new(STANDARD_INPUT);
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

/// Returns the text as it is formatted: as YAML if the file is named so, or if standard input does not begin as an object of JSON.
fn format(path: &Path, text: &str) -> Result<String, Failure> {
    let is_yaml = match path.extension() {
        Some(extension) => extension == "yaml" || extension == "yml",
        None => path == Path::new(STANDARD_INPUT) && !text.trim_start().starts_with('{'),
    };
    if is_yaml { format_yaml(path, text) } else { format_flow(path, text) }
}

/// Returns the text in the form in which `flow pull`, `flow import` and `flow convert` write: two spaces for each level, the order of the
/// members as it was.
///
/// # Errors
/// The text is no flow, or writing it would change a number, such as one with more digits than a `f64` holds.
fn format_flow(path: &Path, text: &str) -> Result<String, Failure> {
    let flow = Flow::parse(text).map_err(|error| Failure::input(unreadable(path, &error)))?;
    let after = format!("{}\n", flow.to_json());
    match tokens(text) == tokens(&after) {
        true => Ok(after),
        false => Err(Failure::input(format!("{}: it has a number that would be written differently", path.display()))
            .help("write numbers in their shortest form, such as 1.5 for 1.50, and not with an exponent")),
    }
}

/// Returns the YAML text with two spaces for each level, one space around the contents of braces and before comments, and double quotes where
/// they need no escape; the order of the members and the comments as they were. A text stays as it is, with a warning, if the formatter would
/// change a value or a comment, as with spaces at the ends of lines of a block.
///
/// # Errors
/// The text is not YAML.
fn format_yaml(path: &Path, text: &str) -> Result<String, Failure> {
    let before = yaml::parse(text, MAX_DEPTH, MAX_YAML_BYTES).map_err(|error| Failure::input(no_yaml(path, text, &error)))?;
    if text.trim().is_empty() {
        return Ok(text.to_owned());
    }
    let language = LanguageOptions { trailing_comma: false, ..LanguageOptions::default() };
    let options = FormatOptions { layout: LayoutOptions { print_width: WIDTH, ..LayoutOptions::default() }, language };
    let is_unchanged = |after: &String| {
        yaml::parse(after, MAX_DEPTH, MAX_YAML_BYTES).is_ok_and(|tree| is_same(&before, &tree))
            && comments(text) == comments(after)
    };
    Ok(pretty_yaml::format_text(text, &options).ok().filter(is_unchanged).unwrap_or_else(|| {
        let path = files::shown(path);
        let why = "left as it is, because formatting it would change a value or a comment";
        anstream::eprintln!("{}: {}: {why}", Style::warning("warning"), path.display());
        text.to_owned()
    }))
}

fn no_yaml(path: &Path, text: &str, error: &YamlError) -> String {
    let reason = match &error.reason {
        Reason::TooLong(bytes) => format!("the file has {bytes} bytes; at most {MAX_YAML_BYTES} are formatted"),
        Reason::TooDeep => "what begins or stands here nests too deep or repeats too much to be formatted".to_owned(),
        Reason::Syntax(reason) => format!("this is not YAML: {reason}"),
    };
    let place = |number: u32| usize::try_from(number).unwrap_or(usize::MAX);
    let (line, column, length) = (place(error.span.line), place(error.span.column), place(error.span.length));
    let message = Message {
        severity: Severity::Error,
        code: "syntax",
        text: &reason,
        file: &files::shown(path).display().to_string(),
        position: Some((line, column)),
        line: text.lines().nth(line.saturating_sub(1)).map(|line| (line, length.max(1))),
        note: None,
        help: &[],
    };
    message.render()
}

/// Whether two trees have the same values, wherever they stand and however they are quoted.
fn is_same(one: &Node, other: &Node) -> bool {
    if one.aliased != other.aliased {
        return false;
    }
    match (&one.value, &other.value) {
        (Value::Null, Value::Null) => true,
        (Value::Bool(one), Value::Bool(other)) => one == other,
        (Value::Integer(one), Value::Integer(other)) => one == other,
        (Value::Decimal(one), Value::Decimal(other)) => one.to_bits() == other.to_bits(),
        (Value::Text(one), Value::Text(other)) => one == other,
        (Value::List(one), Value::List(other)) => one.len() == other.len() && one.iter().zip(other).all(|(a, b)| is_same(a, b)),
        (Value::Map(one), Value::Map(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(a, b)| is_same(&a.0, &b.0) && is_same(&a.1, &b.1))
        }
        _ => false,
    }
}

/// Returns the comments of a YAML text in their order, without white space around them; `None` if it is not YAML.
fn comments(text: &str) -> Option<Vec<String>> {
    let tree = yaml_parser::parse(text).ok()?;
    let tokens = tree.descendants_with_tokens().filter_map(|element| element.into_token());
    Some(tokens.filter(|token| token.kind() == SyntaxKind::COMMENT).map(|token| token.text().trim().to_owned()).collect())
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
    let has_files = |directory: &&Path| DIRECTORIES.iter().any(|name| directory.join(name).is_dir());
    let root = here.ancestors().find(has_files).ok_or_else(|| {
        Failure::input(format!("there is no directory config or flows in {} or above it", here.display())).help("name the files")
    })?;
    let mut paths = Vec::new();
    for directory in DIRECTORIES.map(|name| root.join(name)) {
        let extensions: &[&str] = if directory.ends_with("flows") { &["json", "yaml", "yml"] } else { &["yaml", "yml"] };
        let entries = match std::fs::read_dir(&directory) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
            Err(error) => return Err(Failure::io(&directory, error)),
        };
        let is_known =
            |path: &PathBuf| extensions.iter().any(|known| path.extension().is_some_and(|extension| extension == *known));
        let mut found: Vec<PathBuf> =
            entries.flatten().map(|entry| entry.path()).filter(|path| path.is_file() && is_known(path)).collect();
        found.sort();
        paths.extend(found);
    }
    match paths.is_empty() {
        true => Err(Failure::input(format!("there are no specs and no flows in {}", root.display())).help("name the files")),
        false => Ok(paths),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FLOW: &str = r#"{"Version":"2019-10-30",  "StartAction": "end", "Metadata": {"x": 1.50, "a \" b": "c\\"}, "Actions": [
        {"Identifier": "end", "Type": "DisconnectParticipant", "Parameters": {}, "Transitions": {}}]}"#;

    const SPEC: &str = "# Spec\nproject:   'desk'   # the name\n\n\ntables:\n- &t {name: a,keys: [1,0x10, 1.50]}\n- *t\ntext: |\n    a\n      b\n";

    #[test]
    fn yaml_keeps_values_and_comments() {
        let after = format(Path::new("a.yaml"), SPEC).expect("it is YAML");
        let wanted = "# Spec\nproject: \"desk\" # the name\n\ntables:\n  - &t { name: a, keys: [1, 0x10, 1.50] }\n  - *t\ntext: |\n  a\n    b\n";
        assert_eq!(after, wanted);
        assert_eq!(format(Path::new("a.yml"), &after).expect("it is YAML"), after);
        assert_eq!(format(Path::new(STANDARD_INPUT), SPEC).expect("it is YAML"), after);
    }

    #[test]
    fn other_values_and_comments_are_noticed() {
        let read = |text: &str| yaml::parse(text, MAX_DEPTH, MAX_YAML_BYTES).expect("it is YAML");
        assert!(is_same(&read(SPEC), &read(&SPEC.replace("'desk'", "\"desk\""))));
        for (from, to) in [
            ("'desk'", "'Desk'"),
            ("1.50", "1.25"),
            ("0x10", "\"16\""),
            ("*t", "{name: a}"),
            ("      b", "    b"),
            ("- *t\n", ""),
        ] {
            assert!(!is_same(&read(SPEC), &read(&SPEC.replace(from, to))), "{from}");
        }
        assert_eq!(comments(SPEC), Some(vec!["# Spec".to_owned(), "# the name".to_owned()]));
    }

    #[test]
    fn text_that_would_change_stays() {
        for text in ["a:   |\n  x  \n  y\n", "a:   |+\n  x\n\n\nb: 1\n"] {
            assert_eq!(format(Path::new("a.yaml"), text).expect("it is YAML"), text);
        }
    }

    #[test]
    fn what_is_not_yaml_is_named_with_its_line() {
        let error = format(Path::new("a.yaml"), "a: 1\nb: [1, 2\nc: 3\n").expect_err("a bracket is missing");
        assert!(error.to_string().contains("a.yaml:"), "{error}");
    }

    #[test]
    fn yaml_of_this_repository_is_formatted() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("it is in the repository");
        let directories = ["config", "flows/tests", "deployer/docs", "deployer/crates/sim/specs", "examples/vanity/config"];
        let mut count = 0;
        for directory in directories {
            for entry in std::fs::read_dir(root.join(directory)).expect("it is there") {
                let path = entry.expect("it can be read").path();
                if path.extension().is_some_and(|extension| extension == "yaml") {
                    let (before, after) = formatted(&path).expect("it is YAML");
                    assert_eq!(before, after, "{}: run deployer fmt on it", path.display());
                    count += 1;
                }
            }
        }
        assert!(count > 10, "{count} files");
    }

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
