//! The program of a spec's `app`: what it is given, what it declares, and where in its sources.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use deployer_spec::{AppProgram, Code, Diagnostic, Diagnostics, Loaded, Loader, Place, ProgramSections, Provider, Sources, Span};
use deployer_stack::assembly::{Assembly, AssemblyProblem, Finding, Location, Request, Severity, VERSION, content_path};

use serde::{Deserialize, Serialize};

use crate::failure::Failure;
use crate::files::{self, shown};
use crate::functions::{Program, plain_line, run_program};

/// What a program declares for one environment.
pub(crate) struct Synthesized {
    pub(crate) assembly: Arc<Assembly>,
    /// Files of the program as messages name them, by the compiler's names.
    files: BTreeMap<String, PathBuf>,
    /// Texts of these files, by the name in messages.
    texts: BTreeMap<PathBuf, String>,
    positions: BTreeMap<String, Place>,
    /// Warnings of the program and of its rules.
    pub(crate) warnings: Vec<String>,
}

impl Synthesized {
    /// Runs the program that the spec names.
    ///
    /// # Errors
    /// The program cannot be compiled, fails, or writes no assembly. An assembly with errors is none of these.
    pub(super) fn run(root: &Path, base: &Loaded, prebuilt: Option<&Path>) -> Result<Self, Failure> {
        let Some(app) = &base.spec.app else { return Err(Failure::new("the spec names no program")) };
        let (program, name) = match &app.program {
            AppProgram::Package(package) => (Program::Package(package), package),
            AppProgram::Command(command) => (Program::Command(command), command),
        };
        let request = request(base);
        if let Some(directory) = prebuilt {
            return Ok(Self::new(root, Prebuilt::read(directory, &request)?, base));
        }
        let text = serde_json::to_string(&request).map_err(|error| Failure::new(error.to_string()))?;
        let output = run_program(root, program, &text)?;
        let assembly = read(&output, name)?;
        Ok(Self::new(root, assembly, base))
    }

    /// Writes the assembly to a directory, for commands that take prebuilt functions.
    pub(crate) fn write_prebuilt(&self, spec: &deployer_spec::Spec, directory: &Path) -> Result<(), Failure> {
        let prebuilt = Prebuilt { request: request_of(spec), assembly: Assembly::clone(&self.assembly) };
        let text = serde_json::to_string(&prebuilt).map_err(|error| Failure::new(error.to_string()))?;
        std::fs::create_dir_all(directory).map_err(|error| Failure::io(directory, error))?;
        let path = directory.join(prebuilt_name(spec.environment.as_str()));
        std::fs::write(&path, text).map_err(|error| Failure::io(&path, error))
    }

    fn new(root: &Path, assembly: Assembly, base: &Loaded) -> Self {
        let findings = assembly.findings.iter().map(|finding| &finding.location);
        let parts = assembly.resources.values().map(|added| &added.location);
        let parts = parts.chain(assembly.overrides.iter().map(|change| &change.location));
        let (mut files, mut texts) = (BTreeMap::new(), BTreeMap::new());
        for location in assembly.positions.values().chain(findings).chain(parts) {
            if files.contains_key(&location.file) {
                continue;
            }
            let path = source_file(root, &location.file);
            let name = path.as_deref().map_or_else(|| PathBuf::from(&location.file), shown);
            if let Some(text) = path.and_then(|path| files::read_text(&path, files::MAX_TEXT_BYTES).ok()) {
                texts.insert(name.clone(), text);
            }
            files.insert(location.file.clone(), name);
        }
        let positions = assembly.positions.iter().map(|(path, location)| (path.clone(), place(&files, location))).collect();
        let warnings = assembly.findings.iter().filter(|finding| finding.severity == Severity::Warning);
        let warnings = warnings.map(|finding| warning(finding, &place_of(&files, finding, base))).collect();
        Self { assembly: Arc::new(assembly), files, texts, positions, warnings }
    }

    /// Loads the spec of the environment with what the program declares.
    ///
    /// # Errors
    /// All errors of both at once.
    pub(super) fn load(&self, loader: &Loader<'_>, path: &Path, bytes: &[u8], base: &Loaded) -> Result<Loaded, Diagnostics> {
        let errors = self.assembly.findings.iter().filter(|finding| finding.severity == Severity::Error);
        let faults: Vec<(Place, Diagnostic)> =
            errors.map(|finding| (place(&self.files, &finding.location), fault(finding, &self.files))).collect();
        let program = ProgramSections {
            sections: &self.assembly.sections,
            positions: &self.positions,
            texts: &self.texts,
            faults: &faults,
        };
        loader.load_with_program(path, bytes, base.spec.environment.as_str(), &program)
    }

    /// Writes contents of flows and documents that the program declares to `.deployer/app/ENV`, where everything that reads files finds
    /// them, unless they are there already.
    pub(super) fn write_contents(&self, root: &Path, environment: &str) -> Result<(), Failure> {
        for (name, content) in &self.assembly.contents {
            let plain = |part: &str| !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c));
            if !name.split_once('/').is_some_and(|(section, key)| plain(section) && plain(key)) {
                return Err(Failure::input(format!("the program declares the content `{name}`, which is no name of one")));
            }
            let path = root.join(content_path(environment, name));
            let text = format!("{content:#}\n");
            if std::fs::read_to_string(&path).is_ok_and(|written| written == text) {
                continue;
            }
            let directory = path.parent().unwrap_or(root);
            std::fs::create_dir_all(directory).map_err(|error| Failure::io(directory, error))?;
            files::write_privately(&path, text.as_bytes())?;
        }
        Ok(())
    }

    /// Returns the place of an entry of the spec; `None` if the program does not declare it.
    pub(crate) fn place(&self, entry: &str) -> Option<&Place> {
        self.positions.get(entry)
    }

    /// Returns the diagnostic for a resource or an override that does not fit the rest of the stack.
    pub(super) fn diagnostic(&self, problem: &AssemblyProblem, sources: &Sources) -> Diagnostic {
        let span = sources.span_at(&place(&self.files, &problem.location)).unwrap_or(Span::START);
        let fault = Diagnostic::new(Code::Program, span, problem.message.clone()).with_path(problem.address.as_str());
        match &problem.help {
            Some(help) => fault.help(help.clone()),
            None => fault,
        }
    }
}

/// Returns the name of the file with the assembly of an environment in a directory of prebuilt functions, which several may share.
fn prebuilt_name(environment: &str) -> String {
    format!("app-{environment}.json")
}

/// An assembly from another machine, with what it was made for.
#[derive(Serialize, Deserialize)]
struct Prebuilt {
    request: Request,
    assembly: Assembly,
}

impl Prebuilt {
    fn read(directory: &Path, request: &Request) -> Result<Assembly, Failure> {
        let path = directory.join(prebuilt_name(&request.environment));
        let advice = format!("deployer build --env {} --out {}", request.environment, directory.display());
        let text = files::read_text(&path, files::MAX_STATE_BYTES);
        let text = text.map_err(|error| Failure::input(format!("{}: {error}", path.display())).help(advice.clone()))?;
        let prebuilt: Self =
            serde_json::from_str(&text).map_err(|error| Failure::input(format!("{}: {error}", path.display())))?;
        if prebuilt.request != *request || prebuilt.assembly.version != VERSION {
            let message =
                format!("{} was made for another environment, other context values or another deployer", path.display());
            return Err(Failure::input(message).help(advice));
        }
        Ok(prebuilt.assembly)
    }
}

fn request(base: &Loaded) -> Request {
    request_of(&base.spec)
}

fn request_of(spec: &deployer_spec::Spec) -> Request {
    Request {
        version: VERSION,
        project: spec.project.to_string(),
        environment: spec.environment.to_string(),
        embedded: matches!(spec.provider, Provider::Embedded(_)),
        account: spec.provider.account().to_string(),
        region: spec.provider.region().to_string(),
        tags: spec.tags.clone(),
        context: spec.app.iter().flat_map(|app| app.context.clone()).collect(),
    }
}

/// Returns the assembly in the last line of the output; the lines before it, which the program printed itself, go to standard error.
fn read(output: &str, program: &str) -> Result<Assembly, Failure> {
    let lines: Vec<&str> = output.lines().collect();
    let last = lines.iter().rposition(|line| line.starts_with("{\"deployer_assembly\":"));
    let printed = &lines[..last.unwrap_or(lines.len())];
    printed.iter().filter(|line| !line.trim().is_empty()).for_each(|line| eprintln!("{}", plain_line(line.as_bytes())));
    let Some(last) = last else {
        let failure = Failure::input(format!("the program {program} wrote no assembly to its standard output"));
        return Err(failure.help("its `main` returns what `deployer_app::app(|app| …)` returns"));
    };
    Assembly::parse(lines[last]).map_err(|why| {
        let failure = Failure::input(format!("the assembly of the program {program} cannot be read: {why}"));
        failure.help("let the program depend on the deployer-app of this deployer's version")
    })
}

/// Returns the source file that the compiler calls so: its names start at the root of the workspace, which may be above the project.
fn source_file(root: &Path, name: &str) -> Option<PathBuf> {
    root.ancestors().map(|directory| directory.join(name)).find(|path| path.is_file())
}

fn place(files: &BTreeMap<String, PathBuf>, location: &Location) -> Place {
    let file = files.get(&location.file).cloned().unwrap_or_else(|| PathBuf::from(&location.file));
    Place { file, line: location.line, column: location.column }
}

/// Returns the place of a finding. One about a key of the spec's file is there.
fn place_of(files: &BTreeMap<String, PathBuf>, finding: &Finding, base: &Loaded) -> Place {
    let span = Some(finding.subject.as_str()).filter(|subject| subject.starts_with("app."));
    match span.and_then(|subject| base.resolved.span_of(subject)) {
        Some(span) => {
            let (file, span) = base.sources.locate(span);
            Place { file: file.to_owned(), line: span.line, column: span.column }
        }
        None => place(files, &finding.location),
    }
}

fn warning(finding: &Finding, place: &Place) -> String {
    let subject = if finding.subject.is_empty() { String::new() } else { format!("{}: ", finding.subject) };
    let help = finding.help.as_ref().map(|help| format!("; {help}")).unwrap_or_default();
    let Place { file, line, .. } = place;
    format!("{}:{line}: warning[{}]: {subject}{}{help}", file.display(), finding.rule, finding.message)
}

fn fault(finding: &Finding, files: &BTreeMap<String, PathBuf>) -> Diagnostic {
    let subject = if finding.subject.is_empty() || finding.message.contains(&finding.subject) {
        String::new()
    } else {
        format!("{}: ", finding.subject)
    };
    let known = ["program", "context", "declared-twice"].contains(&finding.rule.as_str());
    let rule = if known { String::new() } else { format!(" (rule {})", finding.rule) };
    // It may name other places in the program.
    let named = |message: String, (name, shown): (&String, &PathBuf)| {
        message.replace(&format!("{name}:"), &format!("{}:", shown.display()))
    };
    let message = files.iter().fold(finding.message.clone(), named);
    let fault = Diagnostic::new(Code::Program, Span::START, format!("{subject}{message}{rule}"));
    let fault = fault.with_path(finding.subject.clone());
    match &finding.help {
        Some(help) => fault.help(help.clone()),
        None => fault,
    }
}
