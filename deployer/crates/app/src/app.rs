//! The program: reads the environment, declares the stack, and writes the assembly.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::error::Error;
use std::fmt;
use std::io::{self, IsTerminal, Read, Write};
use std::panic::Location as Caller;
use std::process::ExitCode;

use deployer_engine::Graph;
use deployer_stack::assembly::{Assembly, Finding, Location, Request, Severity, VERSION};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::stack::Stack;
use crate::synthesis;

/// Maximum size of a request in bytes.
const MAX_REQUEST: u64 = 16 << 20;

/// The error of a program that declares a stack.
pub type AppError = Box<dyn Error>;

/// Declares a stack for the environment that the deployer asks for: the body of a program's `main`.
///
/// The environment is read from standard input, and the assembly is the last line of standard output. Whatever the program prints itself
/// is shown by the deployer on standard error. An error that `build` returns is reported by the deployer, with the place in the source for
/// errors of this crate.
///
/// ```no_run
/// use std::process::ExitCode;
///
/// use deployer_app::Table;
///
/// fn main() -> ExitCode {
///     deployer_app::app(|app| {
///         Table::keyed_by(app.stack(), "numbers", "id");
///         Ok(())
///     })
/// }
/// ```
#[track_caller]
pub fn app(build: impl FnOnce(&App) -> Result<(), AppError>) -> ExitCode {
    let place = Caller::caller();
    let request = match read_request() {
        Ok(request) => request,
        Err(message) => {
            let _ = writeln!(io::stderr(), "error: {message}\nhelp: the deployer runs this program: deployer check --env ENV");
            return ExitCode::from(2);
        }
    };
    let app = App::new(request);
    if let Err(error) = build(&app) {
        app.fail(error.as_ref(), place.into());
    }
    let assembly = app.assembly();
    // What the program printed may not have ended with a newline.
    let written = serde_json::to_string(&assembly).map_err(io::Error::other).and_then(|line| {
        let mut out = io::stdout().lock();
        out.write_all(format!("\n{line}\n").as_bytes())?;
        out.flush()
    });
    match written {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr(), "error: cannot write the assembly: {error}");
            ExitCode::FAILURE
        }
    }
}

fn read_request() -> Result<Request, String> {
    if io::stdin().is_terminal() {
        return Err("this program declares a stack, and reads from standard input for which environment".to_owned());
    }
    let mut text = String::new();
    io::stdin().take(MAX_REQUEST).read_to_string(&mut text).map_err(|error| format!("cannot read standard input: {error}"))?;
    if text.trim().is_empty() {
        return Err("standard input names no environment to declare a stack for".to_owned());
    }
    let request: Request = serde_json::from_str(&text).map_err(|error| format!("standard input is no request: {error}"))?;
    match request.version {
        VERSION => Ok(request),
        other => Err(format!("the request is of version {other}, and this program answers version {VERSION}")),
    }
}

/// The application that a program declares, for one environment.
#[derive(Debug)]
pub struct App {
    request: Request,
    stack: Stack,
    /// Names of the context values that were read.
    read: RefCell<BTreeSet<String>>,
}

impl App {
    /// Creates an application without constructs. A test does so with [`Request::embedded`]; [`app`] does it for a program.
    pub fn new(request: Request) -> Self {
        let stack = Stack::new(request.clone());
        Self { request, stack, read: RefCell::default() }
    }

    /// Returns the stack of the environment, to which constructs are added.
    pub fn stack(&self) -> &Stack {
        &self.stack
    }

    /// Returns the project.
    pub fn project(&self) -> &str {
        &self.request.project
    }

    /// Returns the environment.
    pub fn environment(&self) -> &str {
        &self.request.environment
    }

    /// Returns the account ID.
    pub fn account(&self) -> &str {
        &self.request.account
    }

    /// Returns the Region.
    pub fn region(&self) -> &str {
        &self.request.region
    }

    /// Whether the environment is on the embedded AWS.
    pub fn is_embedded(&self) -> bool {
        self.request.embedded
    }

    /// Returns a value of `app.context` of the environment's spec as a `T`.
    ///
    /// ```
    /// use deployer_app::{App, Request};
    ///
    /// let mut request = Request::embedded("vanity", "dev");
    /// request.context.insert("keep_days".into(), 30.into());
    /// let app = App::new(request);
    /// assert_eq!(app.context::<u32>("keep_days").unwrap(), 30);
    /// let error = app.context::<String>("keep_days").unwrap_err();
    /// assert!(error.to_string().contains("the context value `keep_days` is 30"));
    /// ```
    ///
    /// # Errors
    /// The environment has no such value, or it is no `T`.
    #[track_caller]
    pub fn context<T: DeserializeOwned>(&self, name: &str) -> Result<T, ContextError> {
        let place = Location::from(Caller::caller());
        match self.value(name) {
            Some(value) => parse(name, value, place),
            None => Err(self.missing(name, place)),
        }
    }

    /// Returns a value of `app.context` as [`Self::context`] does, or this one if the environment has none.
    ///
    /// # Errors
    /// The value is no `T`.
    #[track_caller]
    pub fn context_or<T: DeserializeOwned>(&self, name: &str, default: T) -> Result<T, ContextError> {
        let place = Location::from(Caller::caller());
        self.value(name).map_or(Ok(default), |value| parse(name, value, place))
    }

    fn value(&self, name: &str) -> Option<&Value> {
        self.read.borrow_mut().insert(name.to_owned());
        self.request.context.get(name)
    }

    fn missing(&self, name: &str, location: Location) -> ContextError {
        let known: Vec<&str> = self.request.context.keys().map(String::as_str).collect();
        let help = match (deployer_spec::closest(name, known.iter().copied()), known.as_slice()) {
            (Some(meant), _) => format!("did you mean `{meant}`? The context has {}", known.join(", ")),
            (None, []) => format!("add `{name}` to `app.context`, which is empty"),
            (None, known) => format!("add `{name}` to `app.context`, which has {}", known.join(", ")),
        };
        let message = format!("config/{}.yaml has no context value `{name}`", self.request.environment);
        ContextError { message, help: Some(help), location }
    }

    /// Reports an error that the program returned.
    fn fail(&self, error: &(dyn Error + 'static), place: Location) {
        let mut finding = Finding {
            severity: Severity::Error,
            rule: "program".to_owned(),
            subject: String::new(),
            message: error.to_string(),
            help: None,
            location: place,
        };
        if let Some(context) = error.downcast_ref::<ContextError>() {
            finding.rule = "context".to_owned();
            (finding.message, finding.help) = (context.message.clone(), context.help.clone());
            finding.location = context.location.clone();
        }
        self.stack.find(finding);
    }

    /// Returns the assembly: what was declared, and what aspects and rules found in it.
    pub fn assembly(&self) -> Assembly {
        let mut assembly = synthesis::assembly(&self.stack);
        let read = self.read.borrow();
        let is_sound = assembly.findings.iter().all(|finding| finding.severity != Severity::Error);
        let unread = self.request.context.keys().filter(|name| is_sound && !read.contains(*name));
        assembly.findings.extend(unread.map(|name| unread_value(name, &read, &self.request.environment)));
        assembly
    }

    /// Returns the graph of all resources, for tests of a stack.
    ///
    /// # Errors
    /// All errors of the stack, as `deployer check` shows them but without excerpts of the sources.
    pub fn graph(&self) -> Result<Graph, String> {
        synthesis::graph(&self.stack, &self.assembly())
    }
}

fn parse<T: DeserializeOwned>(name: &str, value: &Value, location: Location) -> Result<T, ContextError> {
    serde_json::from_value(value.clone()).map_err(|error| {
        let wanted = std::any::type_name::<T>().rsplit("::").next().unwrap_or_default();
        let message = format!("the context value `{name}` is {value}, which is no {wanted}: {error}");
        ContextError {
            message,
            help: Some(format!("correct `app.context.{name}`, or the type that the program asks for")),
            location,
        }
    })
}

fn unread_value(name: &str, read: &BTreeSet<String>, environment: &str) -> Finding {
    let meant = deployer_spec::closest(name, read.iter().map(String::as_str));
    Finding {
        severity: Severity::Warning,
        rule: "unread-context".to_owned(),
        subject: format!("app.context.{name}"),
        message: format!("the program does not read the context value `{name}`"),
        help: meant.map(|meant| format!("did you mean `{meant}`?")),
        location: Location { file: format!("config/{environment}.yaml"), line: 1, column: 1 },
    }
}

/// A context value that is missing or of another type.
#[derive(Debug, Clone)]
pub struct ContextError {
    message: String,
    help: Option<String>,
    location: Location,
}

impl fmt::Display for ContextError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.location, self.message)
    }
}

impl Error for ContextError {}
