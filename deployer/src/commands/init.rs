//! `deployer init`: writes a new project from a template.

mod templates;
mod write;

use std::io::{BufRead, IsTerminal};
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use deployer_spec::{AccountId, Name, Region};

use super::print;
use crate::failure::{Exit, Failure};

/// A kind of project.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Template {
    /// A flow that calls a function in Rust and speaks a word in the caller's number.
    Vanity,
    /// A menu with opening hours, a queue and callbacks, and a function in Python.
    Ivr,
    /// Contact flows in an Amazon Connect instance that exists.
    FlowsOnly,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The directory of the project, which is created if it does not exist; this one if absent.
    #[arg(value_name = "DIRECTORY")]
    directory: Option<PathBuf>,
    /// The template. Asked on a terminal if absent.
    #[arg(long, short, value_enum)]
    template: Option<Template>,
    /// The name of the project, which names in AWS begin with: lower-case letters, digits and hyphens. Asked on a terminal if absent.
    #[arg(long, short, value_name = "NAME")]
    project: Option<String>,
    /// The account of the environment `dev`.
    #[arg(long, value_name = "ID", default_value = "111122223333")]
    account: String,
    /// The Region of the environment `dev`.
    #[arg(long, value_name = "REGION", default_value = "us-east-1")]
    region: String,
}

/// The values that are put into the files of a template.
struct Values {
    project: Name,
    account: AccountId,
    region: Region,
}

pub(crate) fn run(args: &Args) -> Result<Exit, Failure> {
    let directory = args.directory.clone().unwrap_or_else(|| PathBuf::from("."));
    let ask = Asker { terminal: std::io::stdin().is_terminal() && std::io::stderr().is_terminal() };
    let template = match args.template {
        Some(template) => template,
        None => ask.template()?,
    };
    let values = values(args, &directory, &ask)?;
    let files = files(template, &values);
    let names: Vec<&str> = files.iter().map(|(name, _)| *name).collect();
    let taken = write::taken(&directory, &names)?;
    if !taken.is_empty() {
        let message = format!("{} already has {}; nothing was written", directory.display(), taken.join(", "));
        return Err(Failure::refused(message).help("name another directory; no file is overwritten"));
    }
    write::write_all(&directory, &files)?;
    let mut text: String = files.iter().map(|(name, _)| format!("  {}\n", shown(&directory, name))).collect();
    text.insert_str(0, &format!("Wrote the project {} from the template {}:\n", values.project, name_of(template)));
    text.push_str(&next_steps(&directory, template));
    print(&text)?;
    Ok(Exit::Success)
}

/// Returns the files of a template with the values in them, by path.
fn files(template: Template, values: &Values) -> Vec<(&'static str, String)> {
    let (build, functions) = templates::build_step(template);
    let fill = |text: &str| {
        text.replace("{{build}}", build)
            .replace("{{functions}}", functions)
            .replace("{{project}}", values.project.as_str())
            .replace("{{account}}", values.account.as_str())
            .replace("{{region}}", values.region.as_str())
    };
    let mut files: Vec<(&str, String)> = templates::files(template).map(|(name, text)| (name, fill(text))).collect();
    files.push(("schema-part.json", format!("{:#}\n", deployer_spec::part_schema())));
    files
}

fn values(args: &Args, directory: &Path, ask: &Asker) -> Result<Values, Failure> {
    let project = match &args.project {
        Some(name) => name.clone(),
        None => ask.text("Name of the project", "--project NAME", suggested_name(directory))?,
    };
    let project = Name::new(&project).ok_or_else(|| {
        Failure::input(format!("`{project}` cannot be the name of a project"))
            .help("use lower-case letters, digits and single hyphens between them, a letter first, at most 40 characters")
    })?;
    let account = AccountId::new(&args.account)
        .ok_or_else(|| Failure::input(format!("`{}` is not an account ID", args.account)).help("it has twelve digits"))?;
    let region = Region::new(&args.region)
        .ok_or_else(|| Failure::input(format!("`{}` is not a Region", args.region)).help("name one such as us-east-1"))?;
    Ok(Values { project, account, region })
}

/// Returns the name of the directory, if it can be that of a project.
fn suggested_name(directory: &Path) -> Option<String> {
    let path = std::path::absolute(directory).ok()?;
    let name = path.file_name()?.to_str()?.to_lowercase().replace(['_', ' ', '.'], "-");
    Name::new(&name).map(|name| name.to_string())
}

fn name_of(template: Template) -> String {
    template.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
}

fn shown(directory: &Path, name: &str) -> String {
    if directory == Path::new(".") { name.to_owned() } else { directory.join(name).display().to_string() }
}

fn next_steps(directory: &Path, template: Template) -> String {
    let enter = match directory == Path::new(".") {
        true => String::new(),
        false => format!("  cd {}\n", directory.display()),
    };
    let call = match template {
        Template::Vanity => "--from +18003569377",
        Template::Ivr | Template::FlowsOnly => "--from +18005550123 --digits 1",
    };
    format!("\nNext:\n{enter}  deployer apply --env local\n  deployer call --env local {call}\n\nREADME.md has the rest.\n")
}

/// Questions on a terminal.
struct Asker {
    terminal: bool,
}

impl Asker {
    fn template(&self) -> Result<Template, Failure> {
        let all = Template::value_variants();
        let values = all.iter().filter_map(Template::to_possible_value);
        let lines: Vec<String> = values
            .map(|value| format!("  {:<11} {}", value.get_name(), value.get_help().map(ToString::to_string).unwrap_or_default()))
            .collect();
        if self.terminal {
            eprintln!("Templates:\n{}", lines.join("\n"));
        }
        let given = self.text("Template", "--template vanity|ivr|flows-only", Some(name_of(Template::Vanity)))?;
        Template::from_str(&given, true)
            .map_err(|_| Failure::input(format!("there is no template `{given}`")).help("choose vanity, ivr or flows-only"))
    }

    /// Asks for a text; an empty answer is the default.
    ///
    /// # Errors
    /// Fails without a terminal, with the flag to give, or at the end of the input.
    fn text(&self, question: &str, flag: &str, default: Option<String>) -> Result<String, Failure> {
        if !self.terminal {
            return Err(Failure::input(format!("no terminal to ask on: {} is missing", question.to_lowercase()))
                .help(format!("pass {flag}")));
        }
        let hint = default.as_ref().map(|default| format!(" [{default}]")).unwrap_or_default();
        eprint!("{question}{hint}: ");
        let mut line = String::new();
        let read = std::io::stdin().lock().read_line(&mut line).unwrap_or_default();
        match (line.trim(), default) {
            ("", Some(default)) if read > 0 => Ok(default),
            ("", _) => Err(Failure::refused("nothing was written").help(format!("answer, or pass {flag}"))),
            (given, _) => Ok(given.to_owned()),
        }
    }
}
