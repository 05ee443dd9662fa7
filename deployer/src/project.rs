//! A project on disk: its root, the spec of one environment, the flows that the spec names, and the resulting graph.

mod instance_names;
mod program;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use deployer_engine::Graph;
use deployer_flow::{
    Context, Finding, Flow, FlowType, ParseError, ResourceKind, Segment, Severity, SymbolicName, check, references, segments,
};
use deployer_spec::{CodeSource, Diagnostics, FlowStatus, Loaded, Loader, Provider, Resolved, Sources, Spec};
use deployer_stack::{BuildInputs, CertificateFromFiles, ExistingInstance, Problem, from_spec};
use serde_json::Value;

use crate::assets::certificates::ProjectCertificate;
use crate::assets::documents::Documents;
use crate::assets::modules;
use crate::assets::recordings::Recordings;
use crate::failure::{Exit, Failure, is_rendered};
use crate::files::{self, shown};
use crate::functions::{self, BuildOutput, Target, Wanted, ZipFunction, ZipSource};
use crate::report::{self, Style};
use crate::secrets::SecretValues;
use instance_names::in_instance;
pub(crate) use program::Synthesized;

mod others;

pub(crate) use others::entry as entry_of;

/// An environment of a project.
pub(crate) struct Project {
    pub(crate) root: PathBuf,
    pub(crate) spec: Spec,
    pub(crate) spec_path: PathBuf,
    pub(crate) flows: BTreeMap<String, FlowFile>,
    pub(crate) modules: BTreeMap<String, FlowFile>,
    pub(crate) recordings: Recordings,
    /// Files of the spec, for diagnostics.
    pub(crate) sources: Sources,
    /// The spec as one tree, with what it extends.
    pub(crate) resolved: Resolved,
    /// Outputs of other environments that the spec refers to, by reference; empty until they are read.
    pub(crate) outputs: BTreeMap<String, String>,
    pub(crate) certificate: ProjectCertificate,
    /// Views, task templates, evaluation forms and rules.
    pub(crate) documents: Documents,
    /// What the program of the spec's `app` declares; `None` without one.
    pub(crate) program: Option<Synthesized>,
    /// Directory of prebuilt functions; `None` if functions are compiled when something has changed.
    pub(crate) prebuilt: Option<PathBuf>,
}

/// Returns the failure for a spec with errors.
pub(crate) fn invalid_spec(faults: &Diagnostics) -> Failure {
    Failure::input(faults.to_string().trim_end().to_owned()).details(faults.to_json())
}

/// A parsed flow file.
pub(crate) struct FlowFile {
    pub(crate) path: PathBuf,
    pub(crate) flow: Flow,
    pub(crate) warnings: Vec<Finding>,
}

impl Project {
    /// Reads and checks the spec, the flows and the recordings of the environment. Changes nothing; all errors are reported at once.
    pub(crate) fn load(environment: &str) -> Result<Self, Failure> {
        Self::load_with(environment, None)
    }

    /// Loads the environment as [`Self::load`] does. With a directory of prebuilt functions, what the program of `app` declares is taken from
    /// it, so that nothing is compiled.
    pub(crate) fn load_with(environment: &str, prebuilt: Option<&Path>) -> Result<Self, Failure> {
        let mut project = Self::load_parts(environment, false, prebuilt)?;
        project.complete()?;
        Ok(project)
    }

    /// Reads the contents of flows and other files, and checks what the spec alone does not show.
    fn complete(&mut self) -> Result<(), Failure> {
        others::check(self)?;
        self.read_flows()?;
        // Undefined references, and cycles through functions and flows, are found before anything is compiled or opened.
        let graph = self.graph_in(self.spec.provider.account().as_str(), self.spec.provider.region().as_str())?;
        graph.order().map(drop).map_err(|error| {
            let failure = Failure::input(format!("{}: {}", self.spec_path.display(), error.message));
            failure.help("remove one of the references between them, in the spec or in a flow")
        })
    }

    /// Whether the environment has a spec, valid or not.
    pub(crate) fn has_spec(environment: &str) -> bool {
        find(environment).is_ok()
    }

    /// Reads and checks only the spec of the environment.
    pub(crate) fn load_spec(environment: &str) -> Result<Self, Failure> {
        Self::load_parts(environment, false, None)
    }

    /// Reads what commands need that look at the recorded state only: what is wrong with flows, or with parts of the spec that the state is
    /// not found with, becomes a warning on standard error.
    ///
    /// # Errors
    /// Fails as [`Project::load`] does if the state cannot be found without what is wrong.
    pub(crate) fn load_for_state(environment: &str) -> Result<Self, Failure> {
        let (project, failure) = match Self::load_parts(environment, false, None) {
            Ok(mut project) => match project.complete() {
                Ok(()) => return Ok(project),
                Err(failure) => (Ok(project), failure),
            },
            Err(failure) if failure.exit == Exit::BadInput => (Self::load_essentials(environment), failure),
            Err(failure) => return Err(failure),
        };
        match project {
            Ok(project) if failure.exit == Exit::BadInput => {
                ignore(environment, &failure);
                Ok(project)
            }
            _ => Err(failure),
        }
    }

    /// Reads only those parts of the spec's own file that its recorded state is found with. Runs no program.
    pub(crate) fn load_essentials(environment: &str) -> Result<Self, Failure> {
        Self::load_parts(environment, true, None)
    }

    /// Reads what a removal needs: the whole spec, which names what is to be deleted although no state records it. What is wrong with the
    /// contents of flows and other files becomes a warning on standard error.
    ///
    /// # Errors
    /// Fails as [`Project::load`] does if the spec is not valid.
    pub(crate) fn load_for_removal(environment: &str, prebuilt: Option<&Path>) -> Result<Self, Failure> {
        let mut project = Self::load_parts(environment, false, prebuilt)?;
        let Err(failure) = project.complete() else { return Ok(project) };
        if failure.exit != Exit::BadInput {
            return Err(failure);
        }
        // As far as they could be read, contents say what depends on what.
        if project.graph_in(project.spec.provider.account().as_str(), project.spec.provider.region().as_str()).is_err() {
            (project.flows, project.modules, project.documents) = Default::default();
        }
        project.graph_in(project.spec.provider.account().as_str(), project.spec.provider.region().as_str())?;
        ignore(environment, &failure);
        Ok(project)
    }

    /// Reads and checks the spec, or only those parts of it that its recorded state is found with.
    fn load_parts(environment: &str, is_essential: bool, prebuilt: Option<&Path>) -> Result<Self, Failure> {
        let (root, spec_path) = find(environment)?;
        let bytes = files::read(&spec_path, files::MAX_TEXT_BYTES)
            .map_err(|error| Failure::input(format!("{}: {error}", spec_path.display())))?;
        let shown = shown(&spec_path);
        let loader =
            Loader { read: &|path| files::read(path, files::MAX_TEXT_BYTES), variable: &|name: &str| std::env::var(name) };
        let base = match is_essential {
            true => None,
            false => loader.load_app(&shown, &bytes, environment).map_err(|faults| invalid_spec(&faults))?,
        };
        let (loaded, program) = match base {
            Some(base) => {
                let program = Synthesized::run(&root, &base, prebuilt)?;
                (program.load(&loader, &shown, &bytes, &base), Some(program))
            }
            None if is_essential => (loader.load_essentials(&shown, &bytes, environment), None),
            None => (loader.load(&shown, &bytes, environment), None),
        };
        let loaded = loaded.map_err(|faults| invalid_spec(&faults))?;
        if let Some(program) = &program {
            program.write_contents(&root, environment)?;
        }
        let Loaded { spec, sources, resolved } = loaded;
        let (flows, modules, recordings, documents, outputs) = Default::default();
        let certificate = ProjectCertificate::read(&root, &spec, time::OffsetDateTime::now_utc());
        Ok(Self {
            root,
            spec,
            spec_path: shown,
            flows,
            modules,
            recordings,
            documents,
            certificate,
            sources,
            resolved,
            outputs,
            program,
            prebuilt: prebuilt.map(Path::to_owned),
        })
    }

    fn read_flows(&mut self) -> Result<(), Failure> {
        let Some(connect) = &self.spec.connect else { return Ok(()) };
        let associated: BTreeSet<&str> = connect.functions.iter().map(|name| name.as_str()).collect();
        let mut faults = Vec::new();
        for (name, declared) in &connect.flows {
            let path = self.root.join(&declared.file);
            // Connect does not check a draft either.
            let read = match declared.status {
                FlowStatus::Published => read_flow(&path, declared.kind.as_str(), &associated),
                FlowStatus::Saved => read_draft(&path, declared.kind.as_str()),
            };
            match read {
                Ok(file) => drop(self.flows.insert(name.to_string(), file)),
                Err(fault) => faults.push(fault + &self.declared_at("flows", name)),
            }
        }
        for (name, declared) in &connect.modules {
            match read_flow(&self.root.join(&declared.file), "MODULE", &associated) {
                Ok(file) => drop(self.modules.insert(name.to_string(), file)),
                Err(fault) => faults.push(fault + &self.declared_at("modules", name)),
            }
        }
        match Recordings::read(&self.root, connect) {
            Ok(recordings) => self.recordings = recordings,
            Err(found) => faults.extend(found),
        }
        match Documents::read(&self.root, connect) {
            Ok(documents) => self.documents = documents,
            Err(found) => faults.extend(found),
        }
        faults.extend(self.branch_errors());
        self.check_entries();
        match faults.is_empty() {
            true => Ok(()),
            false => Err(Failure::input(together(&faults)).help(format!("{} names these files", self.spec_path.display()))),
        }
    }

    /// Returns a note that says where the program declares an entry of `connect`; nothing without a program.
    fn declared_at(&self, section: &str, name: &deployer_spec::Name) -> String {
        let place = self.program.as_ref().and_then(|program| program.place(&format!("connect.{section}.{name}")));
        place
            .map(|place| format!("\n  = note: {name} is declared at {}:{}", place.file.display(), place.line))
            .unwrap_or_default()
    }

    fn branch_errors(&self) -> Vec<String> {
        let modules = self.modules.iter().map(|(name, file)| (name.as_str(), (file.path.as_path(), &file.flow))).collect();
        let flows: Vec<_> = self.flows.values().map(|file| (file.path.as_path(), &file.flow)).collect();
        modules::branch_errors(&flows, &modules)
    }

    /// Adds the warnings that apply only if no other flow can have set a queue or invoked a function before: for flows that answer a number
    /// and that no other flow refers to.
    fn check_entries(&mut self) {
        let Some(connect) = &self.spec.connect else { return };
        let files = || self.flows.values().chain(self.modules.values());
        let anywhere = |file: &FlowFile| {
            let target = |action: &deployer_flow::Action<'_>| action.text("ContactFlowId").is_some_and(|to| to.starts_with("$."));
            file.flow.actions().iter().any(target)
        };
        if files().any(anywhere) {
            return;
        }
        let all = files().flat_map(|file| references(&file.flow)).filter_map(|reference| SymbolicName::parse(&reference.text));
        let named: BTreeSet<String> = all.filter(|named| named.kind == ResourceKind::Flow).map(|named| named.key).collect();
        let answering = connect.phone_numbers.values().filter_map(|number| number.flow.as_ref()).map(ToString::to_string);
        let entries: BTreeSet<String> = answering.filter(|name| !named.contains(name)).collect();
        for (_, file) in self.flows.iter_mut().filter(|(name, _)| entries.contains(*name)) {
            let context = Context { entry: true, ..Context::project(FlowType::ContactFlow) };
            let found = check(&file.flow, &context).into_iter();
            file.warnings.extend(found.filter(|finding| ["external", "no-queue"].contains(&finding.code)));
        }
    }

    /// Returns the compilation target of a function.
    fn target(&self, function: &deployer_spec::Function) -> Target {
        match (&self.spec.provider, function.architecture) {
            (Provider::Embedded(_), _) => Target::Host,
            (Provider::Aws(_), deployer_spec::Architecture::X86_64) => Target::LambdaX86,
            (Provider::Aws(_), deployer_spec::Architecture::Arm64) => Target::LambdaArm,
        }
    }

    /// Returns what is to be built for the functions of the spec.
    pub(crate) fn wanted_functions(&self) -> Wanted {
        let mut wanted = Wanted::default();
        for (name, function) in &self.spec.functions {
            let Some(code) = function.code() else { continue };
            let source = match &code.source {
                CodeSource::Cargo(package) => {
                    wanted.packages.insert((package.clone(), self.target(function)));
                    continue;
                }
                CodeSource::Directory(path) => {
                    ZipSource::Directory { path: path.into(), build: code.build.clone(), output: code.output.clone() }
                }
                CodeSource::Zip(path) => ZipSource::File(path.into()),
                CodeSource::S3(_) => continue,
            };
            let (runtime, handler) = (function.runtime().to_owned(), function.handler().to_owned());
            let function = ZipFunction { source, runtime, handler, has_layers: !function.layers.is_empty() };
            wanted.zips.insert(name.to_string(), function);
        }
        wanted
    }

    /// Builds the functions, or reads prebuilt ones.
    pub(crate) fn build(&self, quiet: bool) -> Result<BuildOutput, Failure> {
        let wanted = self.wanted_functions();
        if let Some(directory) = &self.prebuilt {
            return functions::read_prebuilt(directory, &wanted);
        }
        functions::build(&self.root, &wanted, &SecretValues::variables(&self.spec), quiet)
    }

    /// Returns the digests of the functions' zips by name; functions whose code is elsewhere have none.
    pub(crate) fn digests(&self, built: &BuildOutput) -> BTreeMap<String, String> {
        let digest = |(name, function): (&deployer_spec::Name, &deployer_spec::Function)| {
            let digest = match function.package() {
                Some(package) => built.packages.get(&(package.to_owned(), self.target(function)))?,
                None => built.functions.get(name.as_str())?,
            };
            Some((name.to_string(), digest.clone()))
        };
        self.spec.functions.iter().filter_map(digest).collect()
    }

    /// Returns the graph for inspection in this account and Region, without built functions or secrets.
    pub(crate) fn graph_in(&self, account: &str, region: &str) -> Result<Graph, Failure> {
        self.synthesize(account, region, BTreeMap::new(), &SecretValues::default(), None)
    }

    pub(crate) fn synthesize(
        &self,
        account: &str,
        region: &str,
        code_sha256: BTreeMap<String, String>,
        secrets: &SecretValues,
        existing: Option<&ExistingInstance>,
    ) -> Result<Graph, Failure> {
        let contents = |files: &BTreeMap<String, FlowFile>| -> BTreeMap<String, Value> {
            files.iter().map(|(name, file)| (name.clone(), file.flow.as_value().clone())).collect()
        };
        let inputs = BuildInputs {
            account: account.to_owned(),
            region: region.to_owned(),
            code_sha256,
            secrets: secrets.digests.clone(),
            passwords: secrets.passwords.clone(),
            recordings: self.recordings.digests.clone(),
            outputs: self.outputs.clone(),
            certificate: CertificateFromFiles {
                sha256: self.certificate.contents.sha256.clone(),
                chain_sha256: self.certificate.contents.chain_sha256.clone(),
                key_algorithm: self.certificate.contents.key_algorithm.clone(),
                usages: self.certificate.contents.usages.clone(),
            },
            flows: contents(&self.flows),
            modules: contents(&self.modules),
            existing: existing.cloned(),
            documents: self.documents.contents.clone(),
            assembly: self.program.as_ref().map(|program| Arc::clone(&program.assembly)),
        };
        from_spec(&self.spec, &inputs).map_err(|problems| self.failure(problems, existing))
    }

    /// Returns the failure for what only the resources of the spec show to be wrong.
    fn failure(&self, problems: Vec<Problem>, existing: Option<&ExistingInstance>) -> Failure {
        let (mut lines, mut references, mut faults) = (Vec::new(), Vec::new(), Vec::new());
        for problem in problems {
            match problem {
                Problem::Undefined { flow, in_module, undefined } => {
                    let files = if in_module { &self.modules } else { &self.flows };
                    let file = files.get(&flow).map(|file| &file.path);
                    let file = file.or(self.documents.paths.get(&flow));
                    let file = file.map(|path| path.display().to_string()).unwrap_or_default();
                    let nothing = if existing.is_some() { "in the spec or in the existing instance" } else { "in the spec" };
                    lines.push(format!("{file}: {}: ${{{}}} names nothing {nothing}", undefined.pointer, undefined.reference));
                    references.push(undefined.reference);
                }
                Problem::Lifecycle(fault) => faults.push(*fault),
                Problem::Assembly(problem) => {
                    faults.extend(self.program.as_ref().map(|program| program.diagnostic(&problem, &self.sources)));
                }
            }
        }
        if faults.is_empty() {
            let references = references.iter().map(String::as_str);
            let names = existing.map(|existing| in_instance(existing, references)).unwrap_or_default();
            return Failure::input(lines.join("\n")).help(format!("it can name {}{names}", self.nameable().join(", ")));
        }
        invalid_spec(&Diagnostics::new(faults, &self.sources))
    }

    fn nameable(&self) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        names.extend(self.spec.functions.keys().map(|name| format!("functions.{name}.arn")));
        names.extend(self.spec.tables.keys().map(|name| format!("tables.{name}.name")));
        if let Some(connect) = &self.spec.connect {
            names.extend(connect.flows.keys().map(|name| format!("connect.flows.{name}.arn")));
            names.extend(connect.modules.keys().map(|name| format!("connect.modules.{name}.arn")));
            names.extend(connect.queues.keys().map(|name| format!("connect.queues.{name}.arn")));
            names.extend(connect.hours.keys().map(|name| format!("connect.hours.{name}.arn")));
            names.extend(connect.prompts.keys().map(|name| format!("connect.prompts.{name}.arn")));
            names.extend(connect.views.keys().map(|name| format!("connect.views.{name}.id")));
            names.extend(connect.task_templates.keys().map(|name| format!("connect.task_templates.{name}.id")));
            names.extend(connect.evaluation_forms.keys().map(|name| format!("connect.evaluation_forms.{name}.id")));
            names.extend(connect.bots.keys().map(|name| format!("connect.bots.{name}.arn")));
            names.extend(connect.phone_numbers.keys().map(|name| format!("connect.phone_numbers.{name}.number")));
        }
        names
    }

    /// Returns the directory of the embedded AWS's state for this environment.
    pub(crate) fn embedded_directory(&self) -> PathBuf {
        self.root.join(".deployer").join(self.spec.environment.as_str()).join("aws")
    }
}

/// Warns of a failure that makes no difference to the command.
fn ignore(environment: &str, failure: &Failure) {
    let lines: Vec<&str> = failure.message.lines().filter(|line| !line.trim().is_empty()).collect();
    let first = lines.first().copied().unwrap_or_default();
    let first = first.split_once(": ").filter(|(head, _)| head.starts_with("error")).map_or(first, |(_, what)| what);
    let place = lines
        .iter()
        .find_map(|line| line.trim_start().strip_prefix("--> "))
        .map(|place| format!("{place}: "))
        .unwrap_or_default();
    let warning = format!("the spec of {environment} is not valid, which makes no difference here: {place}{first}");
    anstream::eprintln!("{}: {warning}", Style::warning("warning"));
    anstream::eprint!("{}", report::help(&format!("deployer check --env {environment} says what is wrong")));
}

/// Joins what is wrong with files; a fault that names no place in its file gets a heading as the others have one.
fn together(faults: &[String]) -> String {
    let headed = |fault: &String| is_rendered(fault);
    if !faults.iter().any(headed) {
        return faults.join("\n");
    }
    let (placed, others): (Vec<&String>, Vec<&String>) = faults.iter().partition(|fault| headed(fault));
    let texts: Vec<String> = placed.into_iter().cloned().chain(others.iter().map(|fault| format!("error: {fault}"))).collect();
    texts.join("\n\n") + "\n"
}

/// Reads and checks a flow file; errors of Connect's checks are returned as the error, warnings with the flow. `associated` are the
/// functions that the instance may invoke; whether others exist is not checked here.
fn read_flow(path: &Path, flow_type: &str, associated: &BTreeSet<&str>) -> Result<FlowFile, String> {
    let text = files::read_text(path, files::MAX_TEXT_BYTES).map_err(|error| format!("{}: {error}", path.display()))?;
    let flow = Flow::parse(&text).map_err(|error| unreadable(path, &error))?;
    let exists = |kind: ResourceKind, text: &str| match segments(text).as_slice() {
        [Segment::Symbol(symbol)] if kind == ResourceKind::Lambda => {
            SymbolicName::parse(symbol).is_none_or(|named| associated.contains(named.key.as_str()))
        }
        _ => true,
    };
    let context =
        Context { flow_type: FlowType::from_name(flow_type), symbolic: true, exists: Some(&exists), ..Context::default() };
    let (errors, warnings): (Vec<Finding>, Vec<Finding>) =
        check(&flow, &context).into_iter().partition(|finding| finding.severity == Severity::Error);
    match errors.is_empty() {
        true => Ok(FlowFile { path: shown(path), flow, warnings }),
        false => Err(errors.iter().map(|finding| show(path, &flow, finding)).collect::<Vec<_>>().join("\n\n")),
    }
}

/// Reads a flow file that is only saved: errors that Connect would report when publishing are warnings.
fn read_draft(path: &Path, flow_type: &str) -> Result<FlowFile, String> {
    let text = files::read_text(path, files::MAX_TEXT_BYTES).map_err(|error| format!("{}: {error}", path.display()))?;
    let flow = Flow::parse(&text).map_err(|error| unreadable(path, &error))?;
    let context = Context { flow_type: FlowType::from_name(flow_type), symbolic: true, ..Context::default() };
    let mut warnings = check(&flow, &context);
    warnings.iter_mut().for_each(|finding| finding.severity = Severity::Warning);
    Ok(FlowFile { path: shown(path), flow, warnings })
}

/// Formats a finding with its file, position, and source line.
pub(crate) fn show(path: &Path, flow: &Flow, finding: &Finding) -> String {
    finding.render(&shown(path).display().to_string(), flow)
}

/// Formats the parse error of a flow file, with its file, position, and source line.
pub(crate) fn unreadable(path: &Path, error: &ParseError) -> String {
    error.render(&shown(path).display().to_string())
}

/// Returns the directory and the spec file of an environment: in the current directory or the nearest parent that has it.
fn find(environment: &str) -> Result<(PathBuf, PathBuf), Failure> {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if environment.is_empty() || !environment.chars().all(plain) {
        return Err(
            Failure::input(format!("`{environment}` is not the name of an environment")).help("use letters, digits and hyphens")
        );
    }
    let here =
        std::env::current_dir().map_err(|error| Failure::input(format!("the current directory cannot be read: {error}")))?;
    let file = Path::new("config").join(format!("{environment}.yaml"));
    for directory in here.ancestors() {
        let path = directory.join(&file);
        if path.is_file() {
            return Ok((directory.to_owned(), path));
        }
    }
    let root = here.ancestors().find(|directory| directory.join("config").is_dir());
    let there: Vec<String> = root.map(|root| environments(&root.join("config"))).unwrap_or_default();
    let help = match there.is_empty() {
        true => format!("run it in a project, a directory with {}", file.display()),
        false => {
            let meant = deployer_spec::closest(environment, there.iter().map(String::as_str));
            let meant = meant.map(|meant| format!("did you mean {meant}? ")).unwrap_or_default();
            format!("{meant}this project has {}", there.join(", "))
        }
    };
    Err(Failure::input(format!("there is no {} in {} or above it", file.display(), here.display())).help(help))
}

/// Returns the names of the specs in a directory that are of an environment: others are extended by these.
fn environments(directory: &Path) -> Vec<String> {
    let declares_one = |path: &Path| {
        let text = files::read_text(path, files::MAX_TEXT_BYTES).unwrap_or_default();
        text.lines().any(|line| line.starts_with("environment:"))
    };
    let entries = std::fs::read_dir(directory).into_iter().flatten().flatten();
    let mut names: Vec<String> = entries
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "yaml") && declares_one(path))
        .filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned()))
        .collect();
    names.sort();
    names
}
